"""Log lines: one JSON object each, never a key."""

import json
import logging
from datetime import date, datetime

import pytest


def line(llm, **record):
    """Return what the formatter writes for a record, as text."""
    record = {"levelname": "INFO", "name": "demo", "created": 0.0, **record}
    record["levelno"] = logging.getLevelNamesMapping()[record["levelname"]]
    record["msecs"] = record["created"] % 1 * 1000
    made = llm.logs.logging.makeLogRecord(record)
    return llm.logs.JsonLinesFormatter().format(made)


@pytest.mark.exercise("1.4")
def test_a_line_is_a_json_object(llm):
    written = json.loads(line(llm, msg="started"))
    assert written.get("message") == "started"


@pytest.mark.exercise("1.4")
def test_it_tells_level_and_logger(llm):
    written = json.loads(line(llm, msg="x", levelname="WARNING", name="a.b"))
    assert written.get("level") == "WARNING"
    assert written.get("logger") == "a.b"


def moment(time):
    """Return an ISO 8601 text in its longest form; other values as is."""
    try:
        return datetime.fromisoformat(time).isoformat(timespec="microseconds")
    except (TypeError, ValueError):
        return time


@pytest.mark.exercise("1.4")
def test_the_time_is_iso_8601_in_utc(llm):
    written = json.loads(line(llm, msg="x", created=1795300000.25))
    expected = "2026-11-21T22:26:40.250000+00:00"
    assert moment(written.get("time")) == expected


@pytest.mark.exercise("1.4")
def test_arguments_are_put_into_the_message(llm):
    written = json.loads(line(llm, msg="%s of %d", args=("one", 3)))
    assert written.get("message") == "one of 3"


@pytest.mark.exercise("1.4")
def test_extra_fields_stand_beside_the_message(llm):
    fields = {"provider": "openai", "latency_seconds": 0.25}
    written = json.loads(line(llm, msg="x", fields=fields))
    assert written.get("provider") == "openai"
    assert written.get("latency_seconds") == 0.25


@pytest.mark.exercise("1.4")
def test_the_fields_of_the_caller_stay_as_they_were(llm):
    fields = {"provider": "openai"}
    made = llm.logs.logging.makeLogRecord({"msg": "x", "fields": fields})
    llm.logs.JsonLinesFormatter().format(made)
    assert dict(made.fields) == {"provider": "openai"}


@pytest.mark.exercise("1.4")
def test_an_exception_goes_along(llm):
    error = ValueError("no such thing")
    info = (ValueError, error, None)
    written = json.loads(line(llm, msg="failed", exc_info=info))
    assert "ValueError: no such thing" in written.get("exception", "")


@pytest.mark.exercise("1.4")
def test_where_no_exception_is_none_is_told(llm):
    assert "exception" not in json.loads(line(llm, msg="x"))


@pytest.mark.exercise("1.4")
def test_a_message_of_two_lines_stays_on_one(llm):
    assert "\n" not in line(llm, msg="first\nsecond")


@pytest.mark.exercise("1.4")
def test_letters_beyond_ascii_stay_readable(llm):
    assert "Grüße" in line(llm, msg="Grüße")


@pytest.mark.exercise("1.4")
def test_what_json_cannot_hold_is_written_as_text(llm):
    fields = {"ids": {1}, "since": date(2026, 11, 22)}
    written = json.loads(line(llm, msg="x", fields=fields))
    assert written.get("ids") == "{1}"
    assert written.get("since") == "2026-11-22"


@pytest.mark.exercise("1.4")
def test_a_key_in_a_field_is_redacted(llm):
    key = "sk-test-0123456789"
    written = line(llm, msg="x", fields={"header": key})
    # The whole of it: a part would not be drawn anew for another class.
    assert key not in written


@pytest.mark.exercise("1.4")
@pytest.mark.parametrize(
    "fields",
    [
        {"request": {"headers": ["Bearer sk-test-0123456789"]}},
        {"error": ValueError("refused sk-test-0123456789")},
        {"sk-test-0123456789": "refused"},
    ],
    ids=["nested", "an object's text", "a name"],
)
def test_a_key_is_redacted_however_deep_it_stands(llm, fields):
    assert "sk-test-0123456789" not in line(llm, msg="x", fields=fields)


@pytest.mark.exercise("1.4")
def test_a_key_in_an_exception_is_redacted(llm):
    error = ValueError("no such key: sk-test-0123456789")
    info = (ValueError, error, None)
    written = line(llm, msg="failed", exc_info=info)
    assert "sk-test-0123456789" not in written


@pytest.fixture
def configure(llm):
    """The function under test; what it set up is closed afterwards."""
    yield llm.logs.configure_logging
    for handler in list(llm.logs.configure_logging().handlers):
        handler.close()


def test_the_file_gets_json_lines_and_the_screen_readable_ones(
    configure, tmp_path, capsys
):
    logger = configure(str(tmp_path / "logs" / "run.jsonl"))
    logger.info("hello %s", "there")
    written = (tmp_path / "logs" / "run.jsonl").read_text("utf-8")
    assert json.loads(written)["message"] == "hello there"
    assert "INFO    hello there" in capsys.readouterr().err


def test_configuring_twice_does_not_write_twice(configure, tmp_path):
    path = tmp_path / "run.jsonl"
    configure(str(path))
    configure(str(path)).info("once")
    assert path.read_text("utf-8").count("once") == 1


def test_a_file_that_cannot_be_written_is_said_on_screen(
    configure, tmp_path, capsys
):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", "utf-8")
    configure(str(blocked / "run.jsonl")).info("still here")
    shown = capsys.readouterr().err
    assert "No log file at" in shown
    assert "still here" in shown


def test_an_exception_s_text_is_redacted_on_screen_and_in_the_file(
    configure, tmp_path, capsys
):
    path = tmp_path / "run.jsonl"
    logger = configure(str(path))
    try:
        raise RuntimeError("refused sk-test-0123456789")
    except RuntimeError:
        logger.exception("failed")
    assert "0123456789" not in path.read_text("utf-8")
    assert "0123456789" not in capsys.readouterr().err
    assert "RuntimeError" in json.loads(path.read_text("utf-8"))["exception"]
