"""No key, nor a part of one, in any text."""

import pytest

KEY = "sk-proj-Aq7ZtUv93xYw"
PLAIN = "K3yW1thoutPrefix"


@pytest.mark.exercise("1.2")
def test_a_key_is_replaced_by_the_mask(llm):
    shown = llm.redaction.redact(f"Bad key {PLAIN}.", [PLAIN])
    assert shown == "Bad key [redacted]."


@pytest.mark.exercise("1.2")
def test_every_occurrence_is_replaced(llm):
    shown = llm.redaction.redact(f"{PLAIN}, again {PLAIN}", [PLAIN])
    assert shown == "[redacted], again [redacted]"


@pytest.mark.exercise("1.2")
def test_all_of_several_keys_are_replaced(llm):
    shown = llm.redaction.redact("one-key and two-key", ["one-key", "two-key"])
    assert shown == "[redacted] and [redacted]"


@pytest.mark.exercise("1.2")
def test_signs_in_a_key_stand_for_themselves(llm):
    shown = llm.redaction.redact("Bad key a+b$.", ["a+b$"])
    assert shown == "Bad key [redacted]."


@pytest.mark.exercise("1.2")
def test_a_key_that_contains_another_is_replaced_whole(llm):
    shown = llm.redaction.redact("abc-123456", ["abc", "abc-123456"])
    assert shown == "[redacted]"


@pytest.mark.exercise("1.2")
def test_an_empty_key_hides_nothing(llm):
    assert llm.redaction.redact("All is well.", [""]) == "All is well."


@pytest.mark.exercise("1.2")
def test_what_looks_like_a_key_is_hidden_unknown(llm):
    shown = llm.redaction.redact(f"Found {KEY} in a file.", [])
    assert shown == "Found [redacted] in a file."


@pytest.mark.exercise("1.2")
def test_a_half_masked_echo_is_hidden_too(llm):
    shown = llm.redaction.redact("Wrong key: K3yW1t***fix", [])
    assert shown == "Wrong key: [redacted]"


@pytest.mark.exercise("1.2")
def test_a_part_of_a_key_is_hidden(llm):
    shown = llm.redaction.redact("It begins with K3yW1tho.", [PLAIN])
    assert shown == "It begins with [redacted]."


@pytest.mark.exercise("1.2")
def test_keys_that_can_be_read_only_once_are_hidden_too(llm):
    once = iter([PLAIN])
    shown = llm.redaction.redact(f"Not {PLAIN}, but K3yW1tho.", once)
    assert shown == "Not [redacted], but [redacted]."


@pytest.mark.exercise("1.2")
def test_a_text_without_keys_stays_as_it_is(llm):
    text = "Rate limit reached; try again in 2 s."
    assert llm.redaction.redact(text, [PLAIN]) == text


@pytest.mark.exercise("1.2")
def test_without_a_list_all_remembered_keys_are_hidden(llm):
    llm.redaction.remember("R3memberedKey99")
    shown = llm.redaction.redact("Was it R3memberedKey99?")
    assert shown == "Was it [redacted]?"


@pytest.mark.exercise("1.2")
def test_an_empty_list_is_not_the_same_as_no_list(llm):
    llm.redaction.remember("R3memberedKey99")
    shown = llm.redaction.redact("Was it R3memberedKey99?", [])
    assert shown == "Was it R3memberedKey99?"


@pytest.mark.exercise("1.2")
def test_all_that_looks_like_a_key_is_hidden(llm):
    shown = llm.redaction.redact(f"{KEY} or sk-live-Zp4RsWq81bNd", [])
    assert shown == "[redacted] or [redacted]"


@pytest.mark.exercise("1.2")
def test_parts_of_all_keys_are_hidden(llm):
    keys = [PLAIN, "AnotherKeyThatIsLonger"]
    shown = llm.redaction.redact("K3yW1tho and AnotherKey", keys)
    assert shown == "[redacted] and [redacted]"


@pytest.mark.exercise("1.2")
def test_a_short_key_is_replaced_wherever_it_stands(llm):
    shown = llm.redaction.redact("a-7b, again a-7b", ["a-7b"])
    assert shown == "[redacted], again [redacted]"


@pytest.mark.exercise("1.2")
def test_a_key_that_only_begins_like_one_is_replaced_whole(llm):
    key = "sk-abcdefgh.tail7"
    shown = llm.redaction.redact(f"Bad key {key}, again.", [key])
    assert shown == "Bad key [redacted], again."


def test_a_bearer_header_is_hidden(llm):
    shown = llm.redaction.redact("authorization: Bearer abc.DEF-1", [])
    assert shown == "authorization: Bearer [redacted]"


@pytest.mark.parametrize("start", range(9))
def test_any_eight_characters_of_a_key_are_a_part(llm, start):
    part = PLAIN[start : start + 8]
    shown = llm.redaction.hide_parts(f"<{part}>", PLAIN)
    assert shown == "<[redacted]>"


def test_a_longer_part_is_hidden_as_one(llm):
    assert llm.redaction.hide_parts(PLAIN[2:14], PLAIN) == "[redacted]"


def test_a_short_secret_has_no_parts(llm):
    assert llm.redaction.hide_parts("abcdefg", "abcdefg") == "abcdefg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a***b***c", "[redacted][redacted]"),
        ("**ab****-c d", "**[redacted] d"),
        ("a**b", "a**b"),
        ("key=ab-***", "key=[redacted]"),
    ],
)
def test_stars_are_hidden_with_the_word_that_they_stand_in(llm, text, shown):
    assert llm.redaction.redact(text, []) == shown


def test_a_text_of_any_length_is_read_once(llm):
    # Read from each of its letters on, it would take hours.
    long = "x" * 3_000_000
    assert llm.redaction.redact(long, [PLAIN]) == long


SHAPES = [
    "sk-abcdefgh",
    "rqy_abcdefgh",
    "requesty-abcdefgh",
    "AIzaabcdefghijklmnopqrstuvw",
    "Bearer x",
    "ab***",
]


@pytest.mark.parametrize("length", [7, 8, 9, 15, 40])
def test_a_quick_look_never_misses_a_key(llm, length):
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
    secret = alphabet[-length:]
    llm.redaction.remember(secret)
    for start in range(max(1, length - 7)):
        text = f"<{secret[start : start + 8]}>"
        assert llm.redaction.redact(text) != text
        assert llm.redaction.may_hold_key(text)


@pytest.mark.parametrize("shape", SHAPES)
def test_nor_what_is_only_shaped_like_one(llm, shape):
    assert llm.redaction.redact(f"a {shape} b", []) != f"a {shape} b"
    assert llm.redaction.may_hold_key(f"a {shape} b")


def test_it_passes_by_an_ordinary_line(llm):
    assert not llm.redaction.may_hold_key("POST /v1/models: 200 (req_1)")
