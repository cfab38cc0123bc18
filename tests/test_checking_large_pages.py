"""Memory that is put into large pages holds what it held."""

import os
import sys

import pytest

from course.checking.large_pages import use_large_pages


def test_what_a_process_has_written_stays_as_it_is():
    several = [bytes([number]) * 5_000_000 for number in range(4)]
    use_large_pages()
    for number, written in enumerate(several):
        assert written.count(number) == 5_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="large pages are Linux's")
def test_a_fork_has_it_too_and_its_changes_are_its_own():
    written = bytearray(8_000_000)
    use_large_pages()
    pid = os.fork()
    if pid == 0:
        right = not any(written[::4096])
        written[::4096] = b"\1" * len(written[::4096])
        os._exit(0 if right and all(written[::4096]) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert not any(written[::4096])
