"""HTTP to one org: a session that is kept alive, time-outs on every call, retries of what is safe to repeat.

simple-salesforce builds the addresses and headers and tells good answers from bad. It is given a token and no way to
log in, because its own renewal can loop without bound on a persistent 401; here a lost session is renewed once a call.
"""

import json
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_random_exponential

from connectors.salesforce.auth import Login, Token, log_in
from connectors.salesforce.faults import EXHAUSTED, EXPIRED_SESSION, Fault, fault
from reconciler.errors import Conflict, CredentialError, RateLimited, Unreachable, Unreadable

_NEXT_PAGE = re.compile(r"/services/data/v\d+\.\d/(?P<resource>query(All)?/[A-Za-z0-9_-]+)")
REVOKE_PATH = "/services/oauth2/revoke"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how often to try what may pass by itself.

    Attributes:
        answer: between two pieces of an answer.
        total: within which a call is tried again.
        sleep: waits.
    """

    connect: float = 10.0
    answer: float = 120.0
    attempts: int = 5
    total: float = 90.0
    sleep: Callable[[float], None] = time.sleep


PATIENT = Patience()
_ALL = 100


class Starving(RateLimited):
    """The org's calls are to be left to others; waiting a little does not help."""


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls of the rolling 24 hours, and how many there may be."""

    used: int
    limit: int


class Session(requests.Session):
    """A session whose every call has a time-out, follows no redirect and trusts exactly what it was told to."""

    def __init__(self, ca_file: str | None = None, patience: Patience = PATIENT) -> None:
        super().__init__()
        self._trust = ca_file
        self._timeout = (patience.connect, patience.answer)
        self.auth = _leave_alone

    def request(  # type: ignore[override]  # narrower on purpose: nobody here needs more
        self, method: str, url: str, **options: object
    ) -> requests.Response:
        """Send one request."""
        options["timeout"] = self._timeout
        options["allow_redirects"] = False
        if self._trust is not None:
            # Given per call: on the session, REQUESTS_CA_BUNDLE would win over it.
            options["verify"] = self._trust
        return super().request(method, url, **options)  # type: ignore[arg-type]  # requests' own keywords, passed on


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from replacing our bearer token by what a .netrc file says about the host."""
    return request


class Client:
    """The calls to one org that the connector is made of.

    Args:
        url: the org's My Domain, `https://….my.salesforce.com`. Credentials and tokens go nowhere else, also not to
            the `instance_url` that an answer names.
        login: how to.
        version: of the REST API, `64.0`.
        session: what sends; tests mount their own adapter on it.
        percent: of the org's calls of 24 hours; once so many are used up, by whomever, nothing more is asked.
        patience: how long to wait and how often to try.
    """

    def __init__(
        self,
        url: str,
        login: Login,
        version: str,
        session: requests.Session,
        patience: Patience = PATIENT,
        *,
        percent: int = 100,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
            raise CredentialError("the url of a Salesforce org must look like https://example.my.salesforce.com")
        self._url = f"https://{parts.netloc}"
        self._login = login
        self._version = version
        self._session = session
        self._session.hooks["response"].append(self._note)
        self._patience = patience
        self._percent = percent
        self._token: Token | None = None
        self._api: Salesforce | None = None
        self._exhausted: Fault | None = None
        self._headers: Mapping[str, str] = {}
        self.calls = 0

    @property
    def url(self) -> str:
        """Where the org is."""
        return self._url

    @property
    def token(self) -> Token:
        """Who we are there; logs in when nobody has yet."""
        return self._retrying(repeatable=True)(self._logged_in)

    @property
    def clock(self) -> datetime:
        """The org's clock at its last answer, to the second."""
        try:
            said = parsedate_to_datetime(self._headers.get("Date", ""))
        except ValueError:
            raise Unreadable(f"{self._url} does not say what time it is there") from None
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    @property
    def usage(self) -> Usage | None:
        """What `Sforce-Limit-Info` said last."""
        usage = None if self._api is None else self._api.api_usage.get("api-usage")
        return None if usage is None else Usage(usage.used, usage.total)

    def spare(self) -> None:
        """Stop here where the org has no more calls to spare.

        Raises:
            RateLimited: as many calls of the last 24 hours are used up as Settings allow.
        """
        usage = self.usage
        if usage is not None and self._percent < _ALL and usage.used * _ALL >= usage.limit * self._percent:
            raise Starving(
                f"{self._url} has used {usage.used} of its {usage.limit} API calls of 24 hours, and Settings stop "
                f"guestlist at {self._percent} percent (dailyCalls); run again later"
            )

    def get(self, path: str, what: str) -> object:
        """Read one resource below `/services/data/vXX.X/`."""
        return self._call("GET", path, what, repeatable=True)

    def more(self, next_records_url: str, what: str) -> object:
        """The next page of a query; only ever below our own API, wherever the answer points."""
        found = _NEXT_PAGE.fullmatch(next_records_url)
        if found is None:
            raise Unreadable(f"{what}: the org's pointer to the next page is not in the documented shape")
        return self.get(found["resource"], what)

    def batch(self, paths: Sequence[str], what: str) -> list[object | Fault]:
        """Read up to 25 resources in one call: for each its content, or why there is none."""
        asked = {
            "haltOnError": False,
            "batchRequests": [{"method": "GET", "url": f"v{self._version}/{path}"} for path in paths],
        }
        answer = self._call("POST", "composite/batch", what, asked, repeatable=True)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(paths):
            raise Unreadable(f"{what}: the org did not answer every part of a batch")
        parts = [_part(result, what) for result in results]
        for part in parts:
            if isinstance(part, Fault) and part.code == EXHAUSTED:
                self._exhausted = part
        return parts

    def create(self, records: Sequence[Mapping[str, object]], what: str) -> list[object]:
        """Create up to 200 records of one type. Never repeated: whoever calls looks first whether they are there."""
        return self._collection("POST", "composite/sobjects", records, what, repeatable=False)

    def update(self, records: Sequence[Mapping[str, object]], what: str) -> list[object]:
        """Change up to 200 records of one type."""
        return self._collection("PATCH", "composite/sobjects", records, what, repeatable=True)

    def delete(self, ids: Sequence[str], what: str) -> list[object]:
        """Delete up to 200 records of one type."""
        answer = self._call("DELETE", f"composite/sobjects?ids={','.join(ids)}&allOrNone=false", what, repeatable=True)
        return _as_many(answer, len(ids), what)

    def revoke(self, token: str) -> Fault | None:
        """Revoke an OAuth token by its DeleteToken; a token that is no longer valid is revoked."""
        return self._retrying(repeatable=True)(self._revoke, token)

    def wait(self, tried: int) -> None:
        """Let some time pass before something is tried for another time: longer each time, and never the same."""
        self._patience.sleep(random.uniform(0.2, 1.0) * 2**tried)  # noqa: S311  spreads load, keeps no secret

    def close(self) -> None:
        """Let go of the connection.

        The token is not revoked: Salesforce may have handed the same session to another run of ours.
        """
        self._session.close()

    def _collection(
        self, method: str, path: str, records: Sequence[Mapping[str, object]], what: str, *, repeatable: bool
    ) -> list[object]:
        body = {"allOrNone": False, "records": list(records)}
        return _as_many(self._call(method, path, what, body, repeatable=repeatable), len(records), what)

    def _call(self, method: str, path: str, what: str, body: object = None, *, repeatable: bool) -> object:
        return self._retrying(repeatable=repeatable)(self._renewing, method, path, what, body)

    def _renewing(self, method: str, path: str, what: str, body: object) -> object:
        """One call; when the session has expired, one more with a new one."""
        answer = self._once(method, path, what, body)
        if isinstance(answer, Fault) and answer.code == EXPIRED_SESSION:
            self._token = self._api = None
            answer = self._once(method, path, what, body)
        if isinstance(answer, Fault):
            if answer.code == EXHAUSTED:
                self._exhausted = answer
            raise answer.error(what)
        return answer

    def _logged_in(self) -> Token:
        if self._token is None:
            self._token = log_in(self._session, self._url, self._login)
        return self._token

    def _once(self, method: str, path: str, what: str, body: object) -> object | Fault:
        if self._exhausted is not None:
            raise self._exhausted.error(what)
        self.spare()
        if self._api is None:
            self._api = Salesforce(
                session_id=self._logged_in().access,
                instance_url=self._url,
                version=self._version,
                session=self._session,
                object_pairs_hook=None,
            )
        data = None if body is None else json.dumps(body)
        self.calls += 1
        try:
            return self._api.restful(path, method=method, data=data)
        except SalesforceError as error:
            return fault(error.status, error.content, self._retry_after())
        except requests.exceptions.JSONDecodeError:
            raise Unreadable(f"{what}: the org's answer is not JSON") from None
        except requests.RequestException as error:
            raise Unreachable(f"{what}: no answer from {self._url} ({type(error).__name__})") from None
        except TypeError:
            raise Unreadable(f"{what}: the org's answer is not in the documented shape") from None

    def _revoke(self, token: str) -> Fault | None:
        what = "revoking an OAuth token"
        self.calls += 1
        try:
            response = self._session.post(self._url + REVOKE_PATH, data={"token": token})
        except requests.RequestException as error:
            raise Unreachable(f"{what}: no answer from {self._url} ({type(error).__name__})") from None
        if response.status_code == 200 or "invalid_token" in response.text:  # noqa: PLR2004  OK
            return None
        failed = Fault(response.status_code, "", retry_after=self._retry_after())
        if isinstance(failed.error(what), Unreachable | RateLimited):
            raise failed.error(what)
        return failed

    def _note(self, response: requests.Response, *_: object, **__: object) -> None:
        self._headers = response.headers

    def _retry_after(self) -> float | None:
        said = self._headers.get("Retry-After", "")
        return float(said) if said.isdecimal() else None

    def _retrying(self, *, repeatable: bool) -> Retrying:
        return Retrying(
            retry=retry_if_exception(lambda error: repeatable and self._passing(error)),
            stop=stop_after_attempt(self._patience.attempts) | stop_after_delay(self._patience.total),
            wait=_pause,
            sleep=self._patience.sleep,
            reraise=True,
        )

    def _passing(self, error: BaseException) -> bool:
        """Whether it may go away by itself."""
        if isinstance(error, Starving):
            return False
        if isinstance(error, RateLimited):
            return self._exhausted is None and (error.retry_after or 0.0) < self._patience.total
        return isinstance(error, Unreachable | Conflict)


def _pause(state: RetryCallState) -> float:
    """As long as the org asked for, or else a random while that grows."""
    error = None if state.outcome is None else state.outcome.exception()
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after
    return wait_random_exponential(multiplier=0.5, max=20)(state)


def _part(result: object, what: str) -> object | Fault:
    if not isinstance(result, dict) or not isinstance(result.get("statusCode"), int):
        raise Unreadable(f"{what}: a part of the org's answer is not in the documented shape")
    status = result["statusCode"]
    return result.get("result") if 200 <= status < 300 else fault(status, result.get("result"))  # noqa: PLR2004  success


def _as_many(answer: object, count: int, what: str) -> list[object]:
    if not isinstance(answer, list) or len(answer) != count:
        raise Unreadable(f"{what}: the org did not say what became of every record")
    return answer
