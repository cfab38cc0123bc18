"""The sandbox: providers' protocols on a loopback port."""

from __future__ import annotations

import os
import selectors
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any

from course.sandbox import control
from course.sandbox.faults import FaultQueue, PlannedFault
from course.sandbox.models import PathText
from course.sandbox.protocol import ProviderProtocol
from course.sandbox.providers import PROVIDERS, Protocols, row_of
from course.sandbox.recording import (
    AnsweredCalls,
    Arrival,
    RecordedRequest,
    Recording,
)
from course.sandbox.spoiling import spoil
from course.sandbox.wire import (
    Reply,
    Request,
    WireError,
    json_reply,
    read_request,
    send_reply,
)

__all__ = ["Sandbox"]

HOST = "127.0.0.1"


def report_bug() -> None:
    """Print the exception at hand: an error of the sandbox itself."""
    import traceback

    traceback.print_exc(file=sys.stderr)


class Connection(socketserver.StreamRequestHandler):
    """One client's connection: requests are answered in turn."""

    disable_nagle_algorithm = True
    connection: socket.socket
    server: Listener

    def handle(self) -> None:
        try:
            while self._serve_one():
                pass
        except OSError:
            # The client went away, in the middle of a stream perhaps.
            return

    def _serve_one(self) -> bool:
        try:
            request = read_request(self.rfile, self._proceed)
        except WireError as error:
            reply = json_reply(error.status, {"error": str(error)})
            send_reply(self.connection, reply, None, self._pause)
            return False
        if request is None:
            return False
        reply, record = self.server.sandbox.answer(request)
        if reply.drop or not self._pause(reply.wait):
            return False
        if record is not None:
            # Before the reply leaves: a client that has it may ask at once.
            record.answered(reply)
        return send_reply(self.connection, reply, request, self._pause)

    def _proceed(self) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _pause(self, seconds: float) -> bool:
        """Wait, but not for a client that is gone or for a stopped server."""
        until = time.monotonic() + seconds
        if seconds > 0:
            with selectors.DefaultSelector() as selector:
                selector.register(self.connection, selectors.EVENT_READ)
                if selector.select(seconds) and not self._peek():
                    return False
            self.server.stopping.wait(max(0.0, until - time.monotonic()))
        return not self.server.stopping.is_set()

    def _peek(self) -> bytes:
        return self.connection.recv(1, socket.MSG_PEEK)


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, each in a thread of its own.

    With `listening` it accepts those of a socket that listens already.
    """

    # On Windows the option would let two servers share a port.
    allow_reuse_address = os.name != "nt"
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1_024

    def __init__(
        self,
        port: int,
        sandbox: Sandbox,
        listening: socket.socket | None = None,
    ) -> None:
        self.sandbox = sandbox
        self._given = listening is not None
        self.stopping = threading.Event()
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._accept_all, name="sandbox", daemon=True
        )
        super().__init__((HOST, port), Connection, listening is None)
        if listening is not None:
            self.socket.close()
            self.socket = listening
            self.server_address = listening.getsockname()

    def start(self) -> None:
        """Accept connections until `stop` is called."""
        self._thread.start()

    def _accept_all(self) -> None:
        """Wait in `accept` alone, so that stopping takes no polling."""
        while not self.stopping.is_set():
            try:
                connection, address = self.get_request()
            except OSError:
                # Too many open files, most likely: some will be closed.
                self.stopping.wait(0.05)
                continue
            with self._lock:
                self._open.add(connection)
            try:
                self.process_request(connection, address)
            except RuntimeError:
                # No thread to be had: this client is turned away.
                self.shutdown_request(connection)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error of the sandbox itself; clients' are handled."""
        report_bug()

    def stop(self) -> None:
        """End the accepting and every open connection, free the port."""
        self.stopping.set()
        self._wake()
        # While it is in `accept`, the port stays taken.
        self._thread.join(5)
        self.server_close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _wake(self) -> None:
        """End the waiting in `accept`."""
        if self._given:
            # Its loopback may be another one; Linux ends the waiting so.
            self.socket.shutdown(socket.SHUT_RDWR)
            return
        # A connection of our own wakes it, on every system.
        socket.create_connection((HOST, self.server_address[1]), 1).close()


class Sandbox:
    """The providers' wire protocols on 127.0.0.1, without a network.

    `port` 0 takes a free one. `today` decides which models have been shut
    down (the catalogue's date unless given), `models` is the catalogue's
    file, and without `control` no other process can plan faults or see
    requests.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        today: date | None = None,
        models: PathText | None = None,
        control: bool = True,
        listening: Sequence[socket.socket] = (),
    ) -> None:
        self.port = port
        self.control = control
        self._protocols = Protocols(models, today)
        self._recording = Recording()
        self._faults = FaultQueue()
        self._listening = tuple(listening)
        self._listeners: list[Listener] = []

    def start(self) -> Sandbox:
        """Start serving; OSError where the port is taken."""
        if not self._listeners:
            given: Sequence[socket.socket | None] = self._listening or (None,)
            for each in given:
                listener = Listener(self.port, self, each)
                self.port = listener.server_address[1]
                self._listeners.append(listener)
                listener.start()
        return self

    def stop(self) -> None:
        """Stop serving, also where a stream or a stall is under way."""
        while self._listeners:
            self._listeners.pop().stop()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self._listeners else "stopped"
        return f"<Sandbox at {self.url}, {state}>"

    @property
    def url(self) -> str:
        """The address without a provider's path."""
        return f"http://{HOST}:{self.port}"

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of the providers that are spoken here."""
        return tuple(PROVIDERS)

    def base_url(self, provider: str) -> str:
        """Return what a client of this provider takes as its base URL."""
        return self.url + row_of(provider).base_path

    def fail_next(
        self,
        provider: str,
        fault: str,
        *,
        times: int | None = 1,
        key: str | None = None,
        **options: Any,
    ) -> None:
        """Let the next requests of a provider fail.

        `times` requests do, or all until `clear` if it is None; only those
        with this `key`, or with any. `fault_table()` explains the faults and
        names their options; ValueError says what is valid.
        """
        row_of(provider)
        self._faults.plan(provider, fault, times, key, options)

    @property
    def requests(self) -> list[RecordedRequest]:
        """What has arrived, in order; the last thousand for each key."""
        return self._recording.all()

    def answered_calls(self) -> list[AnsweredCalls]:
        """Return what each model has answered since the sandbox was made."""
        return self._recording.answered_calls()

    def arrivals(
        self, first: int, most: int
    ) -> tuple[int, int, list[Arrival]]:
        """Return epoch, next number, and the last requests from `first`."""
        epoch = self._recording.epoch
        following, found = self._recording.arrivals(first)
        return epoch, following, found[-most:]

    def planned(self) -> dict[str, list[PlannedFault]]:
        """Return the planned faults of each provider that has some."""
        return self._faults.planned()

    def key_named(self, name: str) -> str | None:
        """Return the key that requests showed by this fingerprint."""
        return self._recording.key_named(name)

    def clear(self) -> None:
        """Forget the recorded requests and the planned faults."""
        self._recording.clear()
        self._faults.clear()

    def answer(self, request: Request) -> tuple[Reply, RecordedRequest | None]:
        """Return the reply to a request, and its record if it is kept."""
        protocol = self._protocols.for_request(request)
        if protocol is None:
            return control.answer(self, request), None
        key = protocol.key(request)
        record = self._recording.add(protocol.name, key, request)
        try:
            reply = self._speak(protocol, key, request)
            if reply.status == 200 and request.method == "POST":
                self._recording.count(record, len(request.raw))
            return reply, record
        except Exception:
            report_bug()
            sentence = "The sandbox itself failed; its error output says how."
            return protocol.failure(500, sentence), record

    def _speak(
        self, protocol: ProviderProtocol, key: str | None, request: Request
    ) -> Reply:
        refused = protocol.refuse_key(request)
        if refused is not None:
            return refused
        kinds = protocol.kinds(request)
        fault = self._faults.take(protocol.name, key, kinds)
        reply = protocol.answer(request, fault)
        return spoil(reply, fault) if fault else reply
