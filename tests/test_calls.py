"""Blocking calls, awaited: their results, their order, their end."""

import asyncio
import threading

import pytest


async def never():
    """Stand for a caller who stays."""
    await asyncio.Event().wait()


async def gone():
    """Stand for a caller who has gone away."""
    return {"type": "http.disconnect"}


def run(awaited):
    return asyncio.run(asyncio.wait_for(awaited, 5))


def test_a_blocking_call_is_awaited_in_a_thread_of_its_own(llm):
    where = run(llm.calls.answered(threading.current_thread, never))
    assert where is not threading.current_thread()


def test_what_a_call_raises_is_raised_where_it_is_awaited(llm):
    with pytest.raises(ZeroDivisionError):
        run(llm.calls.answered(lambda: 1 / 0, never))


def test_pieces_arrive_in_order_even_if_they_are_many(llm):
    async def collect():
        call = llm.calls.Call(lambda: iter(range(1_000)), never)
        found = [piece async for piece in call]
        call.stop()
        return found

    assert run(collect()) == list(range(1_000))


def test_pieces_that_are_there_can_be_taken_together(llm):
    handed_over = threading.Event()

    def three():
        yield from (1, 2, 3)
        handed_over.set()
        raise ZeroDivisionError

    async def collect():
        call = llm.calls.Call(three, never)
        assert handed_over.wait(5)
        found = [await anext(call), *call.arrived()]
        with pytest.raises(ZeroDivisionError):
            await anext(call)
        call.stop()
        return found, call.arrived()

    assert run(collect()) == ([1, 2, 3], [])


def test_a_call_is_stopped_when_its_caller_goes_away(llm):
    released = threading.Event()

    def wait_for_long():
        try:
            llm.calls.pause(60)
        finally:
            released.set()

    with pytest.raises(llm.calls.CallerGoneError):
        run(llm.calls.answered(wait_for_long, gone))
    assert released.wait(5)


def test_an_iterator_is_closed_when_its_call_is_stopped(llm):
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield "more"
        finally:
            closed.set()

    async def read_one():
        call = llm.calls.Call(endless, never)
        first = await anext(call)
        call.stop()
        return first

    assert run(read_one()) == "more"
    assert closed.wait(5)


def test_a_stopped_call_begins_nothing_new(llm):
    begun, heard = threading.Event(), []

    def call():
        begun.wait(5)
        try:
            llm.calls.go_on()
        except llm.calls.CallStopped as error:
            heard.append(error)
        begun.clear()

    async def ask():
        with pytest.raises(llm.calls.CallerGoneError):
            await llm.calls.answered(call, gone)
        begun.set()
        while begun.is_set():
            await asyncio.sleep(0)

    run(ask())
    assert len(heard) == 1


def test_a_pause_outside_of_a_call_is_just_a_pause(llm):
    llm.calls.pause(0)
    llm.calls.go_on()
