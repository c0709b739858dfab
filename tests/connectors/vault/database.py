"""A database for the server's database engine: as much of InfluxDB 1's HTTP API as its plugin calls.

https://docs.influxdata.com/influxdb/v1/tools/api/ : `/ping` and `/query`. Every user that is made and every password
that is set is kept, so that a test can look for them where they must not be.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

_PASSWORD = re.compile(r"""(?:WITH PASSWORD|SET PASSWORD FOR "[^"]*" =) '([^']+)'""")


class Database(ThreadingHTTPServer):
    """Answers on a loopback port of its own; `passwords` are all that were ever set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.passwords: set[str] = set()

    @property
    def port(self) -> int:
        return self.server_port


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Database

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        asked = " ".join(parse_qs(url.query).get("q", []) + parse_qs(body).get("q", []))
        self.server.passwords.update(_PASSWORD.findall(asked))
        ping = url.path == "/ping"
        series = [{"columns": ["user", "admin"], "values": [["root", True]]}]
        answer = b"" if ping else json.dumps({"results": [{"statement_id": 0, "series": series}]}).encode()
        self.send_response(204 if ping else 200)
        self.send_header("X-Influxdb-Version", "1.8.10")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""


@contextmanager
def database() -> Iterator[Database]:
    """One for as long as the block lasts."""
    with Database() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
