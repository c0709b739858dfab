"""Plain HTTP to the sandbox's server: enough to fill it, and nothing of the connector's."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from reconciler.errors import Rejected, Unreachable

_TIMEOUT = 10
_OK = 200


class NotYet(Exception):
    """The server is still busy with something before this."""


class Api:
    """One session; `token` is sent once there is one."""

    def __init__(self, address: str, ca: Path) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(ca)
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def answers(self) -> bool:
        """Whether the server speaks, whatever it says."""
        return self._health() is not None

    def is_open(self) -> bool:
        """Whether it is initialised, unsealed and active."""
        return self._health() == _OK

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON of many shapes, used in place
        """PUT; the whole answer."""
        return self._send("PUT", path, body)

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON of many shapes, used in place
        """POST; the whole answer."""
        return self._send("POST", path, body)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON of many shapes, used in place
        """GET; the whole answer."""
        return self._send("GET", path, None)

    # A new versioned mount is upgraded in the background and refuses writes for a moment.
    @retry(retry=retry_if_exception_type(NotYet), stop=stop_after_delay(_TIMEOUT), wait=wait_fixed(0.05), reraise=True)
    def _send(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON of many shapes, used in place
        headers = {"X-Vault-Token": self.token} if self.token else {}
        try:
            response = self._session.request(
                method, f"{self._address}/v1/{path}", json=body, headers=headers, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise Unreachable(f"the sandbox's vault did not answer {method} {path}: {type(error).__name__}") from error
        if "Upgrading" in response.text:
            raise NotYet(path)
        if not response.ok:
            raise Rejected(f"the sandbox's vault refused {method} {path}: {response.status_code} {response.text[:200]}")
        return response.json() if response.content else {}

    def _health(self) -> int | None:
        try:
            return self._session.get(f"{self._address}/v1/sys/health", timeout=_TIMEOUT).status_code
        except requests.ConnectionError:
            return None
