"""Gemini's streams, as events and as an array."""

import json

import pytest

OBJECTS = [
    {"a": 'Grüße, "Ada" \\ {'},
    {"b": {"c": ["}", {}]}},
    {"d": "\u2028"},
]


def as_events(objects):
    lines = (f"data: {json.dumps(one)}\r\n\r\n" for one in objects)
    return "".join(lines).encode()


def as_array(objects, **style):
    texts = (json.dumps(one, **style) for one in objects)
    return ("[" + "\n,\r\n".join(texts) + "\n]\n").encode()


def read(llm, *chunks):
    return list(llm.gemini_streams.read_stream(list(chunks)))


@pytest.mark.parametrize(
    "raw",
    [
        as_events(OBJECTS),
        as_array(OBJECTS),
        as_array(OBJECTS, indent=2, ensure_ascii=False),
    ],
    ids=["events", "array", "indented array"],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_chunks_may_end_anywhere(llm, raw, size):
    chunks = (raw[i : i + size] for i in range(0, len(raw), size))
    assert read(llm, *chunks) == OBJECTS


def test_an_object_is_there_as_soon_as_it_is_whole(llm):
    def arriving():
        yield b'[{"a": 1}'
        raise AssertionError("asked for more than was needed")

    assert next(iter(llm.gemini_streams.read_stream(arriving()))) == {"a": 1}


def test_an_error_in_place_of_a_stream_is_an_object_too(llm):
    error = {"error": {"code": 503, "message": "Busy."}}
    assert read(llm, json.dumps(error, indent=2).encode()) == [error]


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>Bad Gateway</html>",
        b'data: {"a": \n\n',
        b'[{"a": tru}]',
        b'[{"a": 1}, {"b": ',
        b'[{"a": "\xe9"}]',
    ],
)
def test_what_is_no_stream_of_objects_is_malformed(llm, raw):
    with pytest.raises(llm.errors.MalformedResponseError):
        read(llm, raw)


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"[]", b": a comment\n"])
def test_a_stream_may_hold_nothing(llm, raw):
    assert read(llm, raw) == []
