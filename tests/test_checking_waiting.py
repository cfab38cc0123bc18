"""A call's time: what of it counts, and what becomes of a late answer."""

import os
import socket

import pytest

from course.checking.channel import Channel
from course.checking.connection import Connection, FaultError
from course.checking.waiting import waited, waited_here

LATE = 0.0  # a moment of the clock that is over


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def connection(ours, waited):
    ended = FaultError("ended", "It ended.")
    none = {"ok": None}
    return Connection(
        Channel(ours), lambda frame: none, lambda: ended, bool, waited
    )


def test_a_process_without_a_processor_gets_its_time_later(ends):
    ours, theirs = ends

    def waited():
        # The answer comes when the call's own seconds are over.
        Channel(theirs).send({"id": 1, "lane": 0, "ok": 7})
        return 60.0

    reply = connection(ours, waited).request({"op": "get"}, seconds=0.01)
    assert reply["ok"] == 7


def test_a_process_that_had_a_processor_all_the_time_is_late(ends):
    with pytest.raises(FaultError) as caught:
        connection(ends[0], float).request({"op": "get"}, seconds=0.01)
    assert caught.value.status == "hung"


def test_to_wait_for_a_processor_does_not_help_for_ever(ends):
    with pytest.raises(FaultError):
        connection(ends[0], lambda: 1e9).request({"op": "get"}, seconds=0.01)


@pytest.mark.parametrize("cut", [2, 4, 9])
def test_of_a_frame_that_comes_late_nothing_is_lost(ends, cut):
    ours, theirs = ends
    sent = b'{"id":1,"ok":[1,2,3]}'
    sent = len(sent).to_bytes(4, "big") + sent
    channel = Channel(ours)
    theirs.sendall(sent[:cut])
    for _ in range(2):
        with pytest.raises(TimeoutError):
            channel.receive(LATE)
    theirs.sendall(sent[cut:] + sent)
    for _ in range(2):
        assert channel.receive() == {"id": 1, "ok": [1, 2, 3]}


def test_the_system_tells_for_how_long_a_process_waited():
    assert waited(os.getpid()) >= 0.0
    assert waited(2**22 + 1) == 0.0
    assert waited_here() >= 0.0
