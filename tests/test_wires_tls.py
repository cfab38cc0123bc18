"""Encrypted connections: kept, read as they come, and refused."""

import asyncio
import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# Longer than what TLS puts into one record, and than one look takes.
LONG = b"0123456789abcdef" * 20_000
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(LONG), 50_000):
            piece = LONG[start : start + 50_000]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    accepted = 0

    def process_request(self, request, address):
        self.accepted += 1
        super().process_request(request, address)

    def handle_error(self, request, address):
        """Say nothing: some are refused on purpose."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 alone; the value is its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def site(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(llm, site, certificate):
    """Ask the site; the value is the body."""
    wires = llm.wires.Wires(ssl.create_default_context(cafile=certificate))

    def asked(host="127.0.0.1"):
        address = llm.wires.Address(True, host, site.server_port)
        answer = wires.ask(address, REQUEST, 5.0, 5.0)
        try:
            return b"".join(answer.pieces())
        finally:
            answer.close()

    yield asked
    wires.close()


def test_a_long_answer_arrives_whole_each_time(ask, site):
    assert all(ask() == LONG for _ in range(3))
    assert site.accepted == 1


def test_so_it_does_in_a_loop_s_thread(llm, ask):
    pytest.importorskip("greenlet")

    async def never():
        return await asyncio.Future()

    async def ask_all():
        kind = llm.loop_calls.LoopAnswer
        calls = (llm.calls.answered(ask, never, kind) for _ in range(5))
        return await asyncio.gather(*calls)

    assert asyncio.run(ask_all()) == [LONG] * 5


def test_who_has_another_name_is_refused(llm, ask):
    with pytest.raises(llm.wires.NotConnectedError):
        ask("localhost")
