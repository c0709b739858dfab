"""Worlds: live targets that the laws of every connector are tried in, with a proxy in between that can fail.

A kind of target joins by adding its world to `WORLDS`. What a world does to its target it does by raw HTTP, never with
the connector that is being judged.
"""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal, Protocol

import httpx
import trustme

from reconciler.model import BindingKey, Native
from reconciler.plan.changes import AnyChange, RevokeBinding
from reconciler.ports import Certificates, Connector


class World(Protocol):
    """One live target.

    Attributes:
        name: the kind of target.
        address: where it is; `certificates` is its authority.
        central: a pattern of the URL of a reading without which nothing can be judged.
        partial: a pattern of the URL of a reading of which there are many, one of which may fail; `{account}` in it
            stands for an account's id.
        secrets: what may stand in no message.
    """

    name: str
    address: str
    certificates: Certificates
    central: str
    partial: str
    secrets: tuple[str, ...]

    def connector(self, address: str) -> Connector:
        """A connector to this target at `address` (its own, or a proxy's) that has little patience: under a second."""

    def account(self) -> str:
        """A fresh account of a vendor, made by raw HTTP; its stable id."""

    def granting(self, account: str, until: datetime) -> tuple[BindingKey, Sequence[Sequence[AnyChange]]]:
        """A binding, and the changes, stage by stage, that give it."""

    def intrude(self, account: str) -> Native:
        """Give the account something by raw HTTP that nobody declared."""

    def revoking(self, key: BindingKey) -> RevokeBinding:
        """The change that takes a binding away."""

    def holds(self, key: BindingKey) -> bool:
        """Whether the account holds the role, seen by raw HTTP."""

    def snapshot(self) -> object:
        """Everything that a connector could have changed, seen by raw HTTP."""

    def refusal(self, status: int) -> bytes:
        """The body of an answer with this status, in the target's own shape; it may carry one of the `secrets`."""


Manner = Literal["status", "cut", "hang", "garbage", "half", "lost"]
"""`half` cuts the answer in the middle; `lost` lets the target do it and gives no answer at all."""


@dataclass(slots=True)
class Fault:
    """What goes wrong at URLs (`METHOD /path`) that match: `times` times after `after` good ones."""

    url: str
    manner: Manner = "status"
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1_000_000

    def strikes(self, url: str) -> bool:
        """Whether it happens to this call; counts it."""
        if not re.search(self.url, url):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


class FaultProxy(ThreadingHTTPServer):
    """Stands between a connector and its target over TLS, counts calls, and does what `fault` says."""

    daemon_threads = True

    def __init__(self, upstream: str, certificates: Certificates) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"https://127.0.0.1:{self.server_port}"
        self.upstream = httpx.Client(
            base_url=upstream, verify=ssl.create_default_context(cafile=str(certificates.ca)), trust_env=False
        )
        self.fault: Fault | None = None
        self.calls: list[str] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Cut connections are what this server is for."""


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultProxy

    def _relay(self) -> None:
        url = f"{self.command} {self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.calls.append(url)
            fault = self.server.fault
            struck = fault is not None and fault.strikes(url)
        if fault is not None and struck:
            self._fail(fault, body)
            return
        answer = self._ask(body)
        self._answer(answer.status_code, answer.content, answer.headers.get("Date"))

    def _ask(self, body: bytes) -> httpx.Response:
        kept = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection", "accept-encoding"}}
        return self.server.upstream.request(self.command, self.path, content=body, headers=kept)

    def _fail(self, fault: Fault, body: bytes) -> None:
        match fault.manner:
            case "status":
                self._answer(fault.status, fault.body, None, fault.headers)
            case "garbage":
                self._answer(200, b"<html>not what was asked for</html>", None)
            case "hang":
                self.server.ended.wait(5)
                self._cut()
            case "half":
                answer = self._ask(body)
                self._answer(answer.status_code, answer.content, None, short=True)
                self._cut()
            case "lost":
                self._ask(body)
                self._cut()
            case "cut":
                self._cut()

    def _answer(
        self,
        status: int,
        body: bytes,
        date: str | None,
        headers: dict[str, str] | None = None,
        *,
        short: bool = False,
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", date or self.date_time_string())
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if short else body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Tests say what went wrong."""

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = _relay  # noqa: N815 - the parent's names


@contextlib.contextmanager
def fault_proxy(world: World) -> Iterator[FaultProxy]:
    """A proxy before `world`, as long as the block lasts."""
    proxy = FaultProxy(world.address, world.certificates)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy.shutdown()
        proxy.server_close()
        proxy.upstream.close()
        thread.join()


def make_certificates(directory: Path) -> Certificates:
    """A throw-away authority and a certificate for localhost."""
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "127.0.0.1")
    made = Certificates(
        ca=directory / "ca.pem",
        ca_key=directory / "ca-key.pem",
        certificate=directory / "cert.pem",
        key=directory / "key.pem",
    )
    authority.cert_pem.write_to_path(str(made.ca))
    authority.private_key_pem.write_to_path(str(made.ca_key))
    made.certificate.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    server.private_key_pem.write_to_path(str(made.key))
    return made


Factory = Callable[[Path, Certificates], AbstractContextManager[World]]
