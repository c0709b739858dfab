"""Salesforce's own error codes, turned into ours. The code decides, not the HTTP status.

Salesforce's messages quote ids, names and record data, so none of them is ever repeated: what is said is the code and a
sentence of ours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.errors import (
    Conflict,
    Missing,
    RateLimited,
    Rejected,
    TargetError,
    Unauthorized,
    Unreachable,
    Unreadable,
)

GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
"""What deleting says of a row that is not there (any more)."""
DUPLICATE = "DUPLICATE_VALUE"
LOCKED = "UNABLE_TO_LOCK_ROW"
EXPIRED_SESSION = "INVALID_SESSION_ID"
EXHAUSTED = "REQUEST_LIMIT_EXCEEDED"
LOST_CURSOR = "INVALID_QUERY_LOCATOR"

_NOT_ALLOWED = frozenset(
    {
        EXPIRED_SESSION,
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_AUTH_HEADER",
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "INVALID_LOGIN",
    }
)
_BUSY = frozenset({"SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "UNKNOWN_EXCEPTION"})
_KINDS: tuple[tuple[frozenset[str], type[Conflict | Missing | Unauthorized | Unreachable]], ...] = (
    (frozenset({LOCKED}), Conflict),
    (GONE, Missing),
    (_NOT_ALLOWED, Unauthorized),
    (_BUSY, Unreachable),
)

_ADVICE: Mapping[str, str] = {
    EXPIRED_SESSION: "the org does not accept our session, also right after logging in anew; check the app's policies",
    EXHAUSTED: "the org's API calls of the last 24 hours are used up; run again later, or raise the limit",
    LOCKED: "somebody else is changing the same record; run again",
    DUPLICATE: "the org already holds one like it",
    "INVALID_CROSS_REFERENCE_KEY": "what it refers to is not in the org; plan again",
    "ENTITY_IS_DELETED": "it has been deleted meanwhile; plan again",
    "NOT_FOUND": "it is not in the org; plan again",
    "FIELD_INTEGRITY_EXCEPTION": "the user's licence or the org's settings do not allow this; see the role in Setup",
    "LICENSE_LIMIT_EXCEEDED": "no licence is left for it; free one or buy more",
    "INVALID_TYPE": "the org lacks this feature, or our user may not see it",
    "INVALID_FIELD": "the org lacks a field that we asked for, or our user may not see it",
    "MALFORMED_QUERY": "the org does not accept the query",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the org does not let us write this field",
    "INSUFFICIENT_ACCESS": "our own permissions do not suffice; see `guestlist doctor`",
    "INSUFFICIENT_ACCESS_OR_READONLY": "our own permissions do not suffice; see `guestlist doctor`",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "our own permissions do not suffice; see `guestlist doctor`",
    LOST_CURSOR: "the org lost its place in a long answer; run again",
    "SERVER_UNAVAILABLE": "the org is not available at the moment; run again",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What the org said instead of an answer.

    Attributes:
        status: the HTTP status; 0 for one record among many, which has none.
        code: `errorCode` or `statusCode`; empty when it was not in Salesforce's shape.
        words: its message, which may hold record data: to be looked into, never repeated.
    """

    status: int
    code: str
    words: str = field(default="", repr=False)
    retry_after: float | None = None

    def mentions(self, name: str) -> bool:
        """Whether the message is about the given field or object."""
        return name.casefold() in self.words.casefold()

    @property
    def text(self) -> str:
        """A sentence that is safe to show."""
        if not self.code:
            return f"Salesforce answered with HTTP status {self.status}"
        return f"{self.code}: {_ADVICE.get(self.code, 'Salesforce refused it')}"

    def error(self, what: str) -> TargetError:
        """The error of ours that says `what` could not be done."""
        text = f"{what}: {self.text}"
        if self.code == EXHAUSTED or self.status == 429:  # noqa: PLR2004  Too Many Requests
            return RateLimited(text, self.retry_after)
        for codes, kind in _KINDS:
            if self.code in codes:
                return kind(text)
        return Rejected(text, self.code) if self.code else self._by_status(text)

    def _by_status(self, text: str) -> TargetError:
        match self.status:
            case 401 | 403:
                return Unauthorized(text)
            case 404:
                return Missing(text)
            case 409 | 412:
                return Conflict(text)
            case status if 500 <= status < 600:  # noqa: PLR2004  server errors
                return Unreachable(text)
            case status if 400 <= status < 500:  # noqa: PLR2004  client errors
                return Rejected(text, f"HTTP {status}")
            case _:
                return Unreadable(text)


def fault(status: int, body: object, retry_after: float | None = None) -> Fault:
    """Read an error body: `[{"message", "errorCode", "fields"?}]`; `statusCode` in the items of a collection."""
    first = body[0] if isinstance(body, Sequence) and not isinstance(body, str | bytes) and body else body
    if not isinstance(first, Mapping):
        return Fault(status, "", retry_after=retry_after)
    code = first.get("errorCode") or first.get("statusCode")
    known = isinstance(code, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{2,80}", code)
    named = first.get("fields")
    fields = " ".join(str(name) for name in named) if isinstance(named, list) else ""
    return Fault(status, str(code) if known else "", f"{first.get('message', '')} {fields}", retry_after)
