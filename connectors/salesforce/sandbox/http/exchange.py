"""A request and its answer, apart from how they travel: composite requests carry several in one."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from connectors.salesforce.sandbox.access import User
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.faults import Faults
from connectors.salesforce.sandbox.http.cursors import Cursors
from connectors.salesforce.sandbox.http.jobs import Job
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.records import Records
from connectors.salesforce.sandbox.sessions import Session, Sessions

Json = object


@dataclass(slots=True)
class Site:
    """The org and what serving it needs.

    Attributes:
        url: `https://localhost:PORT`.
        calls: Requests per endpoint.
        inner: Requests that came inside others, per endpoint.
        control: The secret of who may use the sandbox's controls, made at start.
    """

    org: Org
    sessions: Sessions
    url: str
    faults: Faults = field(default_factory=Faults)
    cursors: Cursors = field(default_factory=Cursors)
    calls: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, Job] = field(default_factory=dict)
    control: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `address` is path and query as sent."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, doubled and trailing slashes forgiven."""
        parts = [part for part in urlsplit(self.address.replace("//", "/")).path.split("/") if part]
        return "/" + "/".join(parts)

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, the last one of a name."""
        raw = self.address.partition("?")[2]
        return {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}

    def json(self) -> Json:
        """The body.

        Raises:
            OrgError: It is no JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise OrgError("JSON_PARSER_ERROR", "Unexpected character or end of input in the request body") from None

    def record(self) -> dict[str, object]:
        """The body, an object."""
        body = self.json()
        if not isinstance(body, dict):
            raise OrgError("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has none usable")
        return body


@dataclass(slots=True)
class Answer:
    """What is answered: JSON, or bytes of a type. `cut` breaks the connection in the middle, `delay` is in seconds."""

    body: Json | bytes = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = "application/json;charset=UTF-8"
    cut: bool = False
    delay: float = 0.0

    def content(self) -> bytes:
        """The bytes to send."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way through a resource: who asks, through which version, with what in the path.

    `inside` answers a request that came within this one, as the same user.
    """

    site: Site
    request: Request
    session: Session
    version: int
    params: Mapping[str, str]
    inside: Callable[[Request], Answer]

    @property
    def org(self) -> Org:
        """The org."""
        return self.site.org

    @property
    def user(self) -> User:
        """Who asks."""
        return User(self.org, self.session.user_id, self.session.session_id)

    @property
    def records(self) -> Records:
        """Writes on the asker's behalf, whose access is worked out once for all that are made with this value."""
        return Records(self.org, self.user)

    @property
    def base(self) -> str:
        """`/services/data/v59.0`."""
        return f"/services/data/v{self.version}.0"
