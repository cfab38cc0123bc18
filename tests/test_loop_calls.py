"""Calls that share the loop's thread: their waiting, their order, their end.

They wait for sockets here as agents do, beneath an HTTP library.
"""

import asyncio
import gc
import socket
import threading
import weakref

import pytest

pytest.importorskip("greenlet")


async def never():
    """Stand for a caller who stays."""
    await asyncio.Event().wait()


async def gone():
    """Stand for a caller who has gone away."""
    return {"type": "http.disconnect"}


def run(awaited):
    return asyncio.run(asyncio.wait_for(awaited, 5))


@pytest.fixture
def pair(llm):
    """A plug, and the plain socket at its other end."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    plug = llm.plugs.Plug(ours)
    yield plug, theirs
    plug.close()
    theirs.close()


def read(plug, count=1):
    buffer = bytearray(count)
    return bytes(buffer[: plug.recv_into(buffer)])


def answered(llm, function, receive=never):
    return llm.calls.answered(function, receive, llm.loop_calls.LoopAnswer)


def test_a_call_runs_in_the_thread_of_its_loop(llm):
    where = run(answered(llm, threading.current_thread))
    assert where is threading.current_thread()


def test_what_a_call_raises_is_raised_where_it_is_awaited(llm):
    with pytest.raises(ZeroDivisionError):
        run(answered(llm, lambda: 1 / 0))


def test_while_a_call_waits_for_a_socket_the_loop_goes_on(llm, pair):
    plug, other_end = pair

    async def both():
        call = asyncio.ensure_future(answered(llm, lambda: read(plug)))
        await asyncio.sleep(0)
        assert not call.done()
        other_end.sendall(b"x")
        return await call

    assert run(both()) == b"x"


def test_many_calls_wait_at_once(llm):
    async def all_of_them():
        pairs = [socket.socketpair() for _ in range(50)]
        calls = []
        for ours, _ in pairs:
            plug = llm.plugs.Plug(ours)
            calls.append(answered(llm, lambda plug=plug: read(plug)))
        waiting = asyncio.gather(*calls)
        await asyncio.sleep(0)
        for number, (_, theirs) in reversed(list(enumerate(pairs))):
            theirs.sendall(bytes([number]))
        found = await waiting
        for one in (one for pair in pairs for one in pair):
            one.close()
        return b"".join(found)

    assert run(all_of_them()) == bytes(range(50))


def test_a_wait_ends_when_its_time_is_over(llm, pair):
    plug, _ = pair
    plug.settimeout(0.01)
    with pytest.raises(TimeoutError):
        run(answered(llm, lambda: read(plug)))


def test_a_long_body_is_sent_as_fast_as_it_is_read(llm, pair):
    plug, other_end = pair
    content = bytes(4_000_000)

    def everything():
        found = b""
        while len(found) < len(content):
            found += other_end.recv(1 << 20)
        received.append(found)

    received = []
    read_too = threading.Thread(target=everything)
    read_too.start()
    run(answered(llm, lambda: plug.sendall(content)))
    read_too.join(5)
    assert received == [content]


def test_pieces_arrive_in_order_even_if_they_are_many(llm):
    async def collect():
        call = llm.loop_calls.LoopCall(lambda: iter(range(1_000)), never)
        found = [piece async for piece in call]
        call.stop()
        return found

    assert run(collect()) == list(range(1_000))


def test_who_reads_slowly_is_not_buried_in_pieces(llm):
    made = []

    def endless():
        while True:
            made.append(len(made))
            yield made[-1]

    async def read_two():
        call = llm.loop_calls.LoopCall(endless, never)
        found = [await anext(call), await anext(call)]
        call.stop()
        return found

    assert run(read_two()) == [0, 1]
    assert len(made) <= 2 * llm.calls.AHEAD


def test_a_call_is_stopped_when_its_caller_goes_away(llm, pair):
    plug, _ = pair
    heard = []

    def wait_for_long():
        try:
            read(plug)
        except llm.calls.CallStopped as error:
            heard.append(error)
            raise

    with pytest.raises(llm.calls.CallerGoneError):
        run(answered(llm, wait_for_long, gone))
    assert len(heard) == 1


def test_so_is_one_that_pauses(llm):
    with pytest.raises(llm.calls.CallerGoneError):
        run(answered(llm, lambda: llm.calls.pause(60), gone))


def test_a_pause_takes_its_time_and_no_more(llm):
    async def ask():
        before = asyncio.get_running_loop().time()
        await answered(llm, lambda: llm.calls.pause(0.02))
        return asyncio.get_running_loop().time() - before

    assert run(ask()) >= 0.02


def test_what_blocks_goes_aside(llm):
    def call():
        inside = threading.current_thread()
        return inside, llm.calls.aside(threading.current_thread)

    inside, beside = run(answered(llm, call))
    assert inside is threading.current_thread()
    assert beside is not inside


def test_what_fails_aside_fails_in_the_call(llm):
    with pytest.raises(ZeroDivisionError):
        run(answered(llm, lambda: llm.calls.aside(lambda: 1 / 0)))


def test_a_socket_may_be_closed_while_it_is_watched(llm):
    async def ask():
        ours, theirs = socket.socketpair()
        plug = llm.plugs.Plug(ours)

        def call():
            first = read(plug)
            plug.close()
            llm.calls.pause(0)
            return first

        waiting = asyncio.ensure_future(answered(llm, call))
        await asyncio.sleep(0)
        theirs.sendall(b"x")
        found = await waiting
        theirs.close()
        return found

    assert run(ask()) == b"x"


def test_a_context_of_its_own_goes_with_each_call(llm):
    name = llm.watching.request_id

    def call(mine, plug):
        name.set(mine)
        read(plug)
        return name.get()

    async def two():
        pairs = [socket.socketpair() for _ in range(2)]
        plugs = [llm.plugs.Plug(ours) for ours, _ in pairs]
        waiting = asyncio.gather(
            answered(llm, lambda: call("a", plugs[0])),
            answered(llm, lambda: call("b", plugs[1])),
        )
        await asyncio.sleep(0)
        for _, theirs in pairs:
            theirs.sendall(b"x")
        found = await waiting
        for one in (one for pair in pairs for one in pair):
            one.close()
        return found

    assert run(two()) == ["a", "b"]


def test_a_call_that_has_ended_leaves_nothing_behind(llm):
    async def ask():
        call = llm.loop_calls.LoopAnswer(lambda: llm.calls.pause(0), never)
        await anext(call)
        call.stop()
        return weakref.ref(call)

    gc.disable()
    try:
        assert run(ask())() is None
    finally:
        gc.enable()


def test_threads_take_over_where_the_loop_cannot_watch_sockets(
    llm, monkeypatch
):
    monkeypatch.setattr(llm.loop_calls, "greenlet", None)

    async def ask():
        return llm.loop_calls.can_share()

    assert run(ask()) is False
