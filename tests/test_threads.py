"""Threads that are kept: one each for what runs at once, then used again."""

import os
import threading
from queue import SimpleQueue

import pytest


@pytest.fixture
def crew(llm):
    """Give workers of this test's own."""
    return llm.threads.Crew()


def test_jobs_that_run_at_once_have_a_thread_each(crew):
    together = threading.Barrier(51)
    for _ in range(50):
        crew.do(lambda: together.wait(5))
    together.wait(5)


def test_a_thread_that_is_free_does_the_next_job(llm, crew):
    names, free = SimpleQueue(), SimpleQueue()
    crew.is_free = lambda one: (llm.threads.Crew.is_free(crew, one),
                                free.put(one))
    for _ in range(3):
        crew.do(lambda: names.put(threading.current_thread().name))
        free.get(timeout=5)
    assert len({names.get(timeout=5) for _ in range(3)}) == 1


def test_an_idle_thread_ends(llm, crew, monkeypatch):
    monkeypatch.setattr(llm.threads, "IDLE", 0.01)
    seen = SimpleQueue()
    crew.do(lambda: seen.put(threading.current_thread()))
    thread = seen.get(timeout=5)
    thread.join(5)
    assert not thread.is_alive()
    crew.do(lambda: seen.put(threading.current_thread()))
    assert seen.get(timeout=5) is not thread


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own(llm):
    done = SimpleQueue()
    llm.threads.run_in_thread(lambda: done.put(True))
    assert done.get(timeout=5)
    child = os.fork()
    if child == 0:
        llm.threads.run_in_thread(lambda: done.put(True))
        try:
            os._exit(0 if done.get(timeout=5) else 1)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
