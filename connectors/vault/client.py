"""The one HTTP seam to a vault: hvac's adapter, with time-outs, retries and errors of our own.

Everything that is sent here may be repeated: reads and listings, writes that set a value whole or are guarded by `cas`,
deletions and revocations. So a call that got no answer is tried again, up to a number of times and a total time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from hvac.adapters import RawAdapter
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential

from connectors.vault.failures import Failure, failure_of, no_answer, retry_after
from connectors.vault.mapping import Health, Json, Listing, read_as
from connectors.vault.session import Given, Login, Session
from reconciler.errors import CredentialError, TargetError, Unreachable, Unreadable

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: to connect, for an answer, and for all tries of one call together."""

    connect: float = 5
    answer: float = 30
    attempts: int = 5
    total: float = 30
    longest_pause: float = 4
    connections: int = 4
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Json | None


class VaultClient:
    """One kept-alive session with one vault. Safe to use from several threads.

    `proof` is how we prove who we are; a text is a token that was given to us.
    """

    def __init__(
        self,
        target: str,
        url: str,
        proof: str | Login | Given,
        *,
        namespace: str | None,
        ca: Path | None,
        patience: Patience,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise CredentialError(f"{target}: its address must begin with https://; a token is never sent in the clear")
        self.target = target
        self.patience = patience
        self._date = ""
        self._down: str | None = None
        self._session = _session(patience)
        given = Given(proof) if isinstance(proof, str) else proof
        self._own = Session(given, self._post, target, patience.monotonic)
        # The environment is read once here and not for each call; a .netrc is never read.
        usual = self._session.merge_environment_settings(url, {}, False, None, None)
        self._session.trust_env = False
        self._session.proxies = usual["proxies"]
        # On the session: hvac takes the session's own setting over the one that it is given.
        self._session.verify = str(ca) if ca else usual["verify"]
        common = {
            "base_uri": url,
            "timeout": (patience.connect, patience.answer),
            "allow_redirects": False,
            "session": self._session,
        }
        self._adapter = RawAdapter(**common, namespace=namespace)
        self._anonymous = RawAdapter(**common)

    @property
    def now(self) -> datetime:
        """The server's clock when it last answered (to the second), by its Date header."""
        now = _instant(self._date)
        if now is None:
            raise Unreadable(f"{self.target}: the server does not say what time it is (no Date header)")
        return now

    @property
    def down(self) -> bool:
        """Whether a call went without an answer since the server was last seen well; no other is tried until then."""
        return self._down is not None

    def health(self) -> Health:
        """What the server says of itself; Unreachable when it is sealed, a standby, or not there.

        It is asked more than once before that is said: a server that restarts is sealed, and a node that was just made
        the active one a standby, for a moment.
        """
        self._down = None
        found: list[Health] = []

        def look() -> _Answer | Failure:
            # Asked without our namespace: there it is refused. Its statuses say how the server is, not what went wrong.
            answer = self._once(self._anonymous, "get", "sys/health", None, any_status=True)
            if isinstance(answer, Failure):
                return answer
            health = read_as(Health, answer.body, f"{self.target}: the server's health")
            found[:] = [health]
            wrong = _unwell(health)
            return answer if wrong is None else Failure(Unreachable(f"{self.target}: {wrong}"), again=True)

        answer = self._try(look)
        if isinstance(answer, Failure):
            raise answer.error
        return found[0]

    def read(self, path: str) -> Json:
        """GET: the answer's `data`."""
        return self._data(self._call("get", path, None), "GET", path)

    def list(self, path: str) -> Listing:
        """LIST: keys, and what is known of each; an empty list is the server's 404 without any error text."""
        answer = self._attempt("list", path, None)
        if isinstance(answer, Failure):
            if answer.empty:
                return Listing(keys=())
            raise answer.error
        return read_as(Listing, self._data(answer, "LIST", path), f"{self.target}: the listing of {path}")

    def write(self, path: str, body: Json) -> Json:
        """POST: the answer's `data`, empty where there is none."""
        answer = self._call("post", path, body)
        data = (answer.body or {}).get("data")
        return data if isinstance(data, dict) else {}

    def delete(self, path: str) -> None:
        """DELETE; that nothing is there is no error."""
        self._call("delete", path, None)

    def close(self) -> None:
        """End what we logged in for, and close the connections; a token that was given to us is not ours to end."""
        self._own.end()
        self._session.close()

    def _post(self, path: str, body: Json, token: str) -> Json:
        """POST with another token than the session's, or none; the whole answer."""
        answer = self._try(lambda: self._once(self._adapter, "post", path, body, token))
        if isinstance(answer, Failure):
            raise answer.error
        return answer.body or {}

    def _data(self, answer: _Answer, method: str, path: str) -> Json:
        data = (answer.body or {}).get("data")
        if not isinstance(data, dict):
            raise Unreadable(f"{self.target}: the answer to {method} {path} has no data")
        return data

    def _call(self, method: str, path: str, body: Json | None) -> _Answer:
        answer = self._attempt(method, path, body)
        if isinstance(answer, Failure):
            raise answer.error
        return answer

    def _attempt(self, method: str, path: str, body: Json | None) -> _Answer | Failure:
        if self._down is not None:
            return Failure(Unreachable(self._down))
        try:
            token = self._own.token()
        except TargetError as error:
            return Failure(error)
        answer = self._try(lambda: self._once(self._adapter, method, path, body, token))
        if isinstance(answer, Failure) and answer.silent:
            self._down = str(answer.error)
        return answer

    def _try(self, once: Callable[[], _Answer | Failure]) -> _Answer | Failure:
        pause = wait_random_exponential(multiplier=0.2, max=self.patience.longest_pause)

        def wait(state: RetryCallState) -> float:
            outcome = None if state.outcome is None else state.outcome.result()
            return max(pause(state), outcome.after if isinstance(outcome, Failure) else 0)

        return Retrying(
            retry=retry_if_result(lambda answer: isinstance(answer, Failure) and answer.again),
            stop=stop_after_attempt(self.patience.attempts) | stop_before_delay(self.patience.total),
            wait=wait,
            sleep=self.patience.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )(once)

    def _once(
        self,
        adapter: RawAdapter,
        method: str,
        path: str,
        body: Json | None,
        token: str = "",
        *,
        any_status: bool = False,
    ) -> _Answer | Failure:
        what = f"{self.target}: {method.upper()} {path}"
        try:
            headers = {"X-Vault-Token": token} if token else None
            response = adapter.request(method, f"/v1/{path}", headers=headers, raise_exception=False, json=body)
        except requests.RequestException as error:
            return no_answer(what, error)
        self._date = response.headers.get("Date") or self._date
        document = _document(response)
        if any_status and document is not None and "sealed" in document:
            return _Answer(response.status_code, document)
        if not response.ok or response.is_redirect:
            return failure_of(what, response.status_code, document, retry_after(response.headers), self._own.secrets)
        if document is None and response.content:
            return Failure(Unreadable(f"{what} was answered with something that is not JSON"))
        return _Answer(response.status_code, document)


def _unwell(health: Health) -> str | None:
    """Why a server cannot serve us, in words; None when it can."""
    if not health.initialized:
        return "the vault is not initialised; nothing can be read until it is opened"
    if health.sealed:
        return "the vault is sealed; nothing can be read until it is opened"
    return "this node is a standby; point the address at the active node" if health.standby else None


def segment(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _session(patience: Patience) -> requests.Session:
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=patience.connections, pool_block=True))
    session.mount("http://", HTTPAdapter(pool_maxsize=patience.connections, pool_block=True))
    return session


def _document(response: requests.Response) -> Json | None:
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _instant(date: str) -> datetime | None:
    """A Date header as an instant; read when somebody asks, because every answer has one."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
