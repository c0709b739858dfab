"""An HTTPS proxy that counts what is written through it, and kills the writer at a chosen point."""

import os
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import httpx

Moment = Literal["before", "after"]
READING = ("/services/oauth2/", "/composite/batch", "/v1/sys/capabilities", "/v1/auth/token/lookup-accessor")
"""Posts that change nothing."""


@dataclass
class Killer:
    """Kills a process when the `at`-th write passes: before it reaches its target, or after it was carried out."""

    at: int
    moment: Moment
    pid: int | None = None
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, forward: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Forward a write, or what is left of it; None when the writer is no more."""
        with self._lock:
            self.writes += 1
            if self.writes != self.at:
                return forward()
            if self.moment == "after":
                forward()
            assert self.pid is not None
            os.kill(self.pid, signal.SIGKILL)
            return None


@contextmanager
def proxy(upstream: str, sandbox: Path, killer: Killer) -> Iterator[str]:
    """A proxy in front of `upstream`, under the sandbox's own certificate; gives its address."""
    context = ssl.create_default_context(cafile=str(sandbox / "ca.pem"))
    client = httpx.Client(base_url=upstream, verify=context, timeout=30)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {
                k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection", "accept-encoding"}
            }

            def forward() -> httpx.Response:
                return client.request(self.command, self.path, content=body, headers=headers)

            reads = self.command in {"GET", "LIST", "HEAD"} or any(part in self.path for part in READING)
            answer = forward() if reads else killer.passes(forward)
            if answer is None:
                self.close_connection = True
                return
            content = answer.content.replace(upstream.encode(), self._own.encode())
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in {"content-length", "content-encoding", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = do_HEAD = _serve  # noqa: N815 - the library's names

        @property
        def _own(self) -> str:
            return f"https://localhost:{server.server_address[1]}"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ssl.SSLError):
                self.close_connection = True  # the writer was killed in mid-sentence

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sandbox / "server.pem", sandbox / "server.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        client.close()
