"""An HTTPS proxy that counts the calls that pass through it, by method and kind of path."""

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

_NOT_PASSED_ON = {"host", "connection", "accept-encoding"}
_OF_ONE_CONNECTION = {"content-length", "content-encoding", "transfer-encoding", "connection"}


@dataclass
class Calls:
    """How often each endpoint was called; safe to count in from several threads."""

    endpoints: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, endpoint: str) -> None:
        """One more call."""
        with self._lock:
            self.endpoints[endpoint] += 1

    def taken(self) -> Counter[str]:
        """What was counted since this was last asked."""
        with self._lock:
            taken, self.endpoints = self.endpoints, Counter()
            return taken


@contextmanager
def counting(
    upstream: str, endpoint: Callable[[str], str], *, ca: Path, certificate: Path, key: Path
) -> Iterator[tuple[str, Calls]]:
    """A proxy in front of `upstream`; gives its address and what it counts.

    `endpoint` makes the kind of path from a path. `ca` is trusted towards upstream; `certificate` and `key` are what
    the proxy shows on localhost.
    """
    calls = Calls()
    trusted = ssl.create_default_context(cafile=str(ca))
    with httpx.Client(base_url=upstream, verify=trusted, timeout=30, trust_env=False) as client:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                calls.count(f"{self.command} {endpoint(self.path)}")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
                answer = client.request(self.command, self.path, content=body, headers=headers)
                self.send_response_only(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _OF_ONE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = do_HEAD = _serve  # noqa: N815 - the library's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{server.server_address[1]}", calls
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
