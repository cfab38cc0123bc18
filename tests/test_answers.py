"""HTTP/1.1 answers as they come, however they are cut into pieces."""

import pytest

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Pieces:
    """A connection on which these pieces come, and then its end."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def recv(self, size):
        return self.pieces.pop(0) if self.pieces else b""


@pytest.fixture
def read(llm):
    """Read an answer; the value is its head, body, and what that leaves."""

    def read_all(*pieces):
        source = Pieces(*pieces)
        message = llm.answers.read_head(source)
        found = [message.taken()]
        while not message.is_complete:
            data = source.recv(1000)
            if data:
                message.feed(data)
            else:
                message.end()
            found.append(message.taken())
        return message, b"".join(found), message.leaves_nothing

    return read_all


@pytest.fixture
def broken(llm, read):
    """Tell why an answer cannot be read."""

    def why(*pieces):
        with pytest.raises(llm.answers.WireError) as caught:
            read(*pieces)
        return str(caught.value)

    return why


ANSWERS = [
    OK + b"Content-Length: 5\r\n\r\nHello",
    CHUNKED + b"2\r\nHe\r\n3\r\nllo\r\n0\r\n\r\n",
    CHUNKED + b"2;why=so\r\nHe\r\n003\r\nllo\r\n0\r\nTold: later\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    + OK
    + b"Content-Length: 5\r\n\r\nHello",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_the_same_however_it_is_cut(read, answer):
    for at in range(len(answer) + 1):
        parts = filter(None, (answer[:at], answer[at:]))
        head, body, leaves_nothing = read(*parts)
        assert (head.status, body, leaves_nothing) == (200, b"Hello", True)
    one_by_one = (answer[at : at + 1] for at in range(len(answer)))
    assert read(*one_by_one)[1] == b"Hello"


def test_a_body_without_a_length_ends_with_its_connection(read):
    _, body, leaves_nothing = read(OK + b"X: 1\r\n\r\nHel", b"lo")
    assert (body, leaves_nothing) == (b"Hello", False)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_answers_have_no_body(read, status):
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 9\r\n\r\n"
    assert read(head)[1:] == (b"", True)


@pytest.mark.parametrize("answer", ANSWERS[:2])
def test_what_comes_beyond_an_answer_is_no_part_of_it(read, answer):
    assert read(answer + b"HTTP/1.1")[1:] == (b"Hello", False)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_cut_is_broken(broken, answer):
    for at in range(len(answer) - 1):
        assert broken(answer[:at])


def test_headers_are_read_by_their_names(read):
    head, *_ = read(
        OK + b"X-One:1\r\nx-two:  a\xe9 \r\nContent-Length: 0\r\n\r\n"
    )
    assert head.headers[:2] == [("x-one", "1"), ("x-two", "aé")]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 099 X\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"Name : blank\r\n\r\n",
        OK + b"Folded: a\r\n\t b\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1_0\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nHello!",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"-2\r\nHe\r\n0\r\n\r\n",
        CHUNKED + b"0x2\r\nHe\r\n0\r\n\r\n",
        CHUNKED + b"2\r\nHello\r\n0\r\n\r\n",
        CHUNKED + b"\r\n",
        CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n",
        OK.replace(b"\r", b"") + b"Content-Length: 5\n\nHello",
    ],
)
def test_what_makes_no_sense_is_broken(broken, answer):
    assert "closed" not in broken(answer) and "cut" not in broken(answer)


def test_nothing_grows_without_a_limit(llm, broken):
    longest = llm.answers.LONGEST_HEAD
    assert "long" in broken(OK + b"X: " + b"x" * longest, b"x" * 10)
    assert "overflow" in broken(CHUNKED + b"1" * 20_000)
    trailers = [b"X: " + b"x" * 8_000 + b"\r\n"] * (longest // 8_000 + 2)
    assert "long" in broken(CHUNKED + b"0\r\n", *trailers)
    hints = [b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 1_000
    assert "none" in broken(*hints)


@pytest.mark.parametrize(
    ("head", "keeps_open"),
    [
        (OK + b"Content-Length: 0\r\n", True),
        (OK + b"Content-Length: 0\r\nConnection: Close\r\n", False),
        (OK + b"Content-Length: 0\r\nConnection: x, close\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n", False),
        (
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
            b"Content-Length: 0\r\n",
            True,
        ),
        (OK, False),
    ],
)
def test_who_answers_says_whether_another_request_may_follow(
    llm, head, keeps_open
):
    found = llm.answers.read_head(Pieces(head + b"\r\n"))
    assert found.keeps_open is keeps_open
