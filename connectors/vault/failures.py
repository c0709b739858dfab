"""What went wrong, in our words: statuses and broken connections → the tree of `reconciler.errors`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from connectors.vault.mapping import Json
from reconciler.errors import (
    Conflict,
    Missing,
    RateLimited,
    Rejected,
    TargetError,
    Unauthorized,
    Unreachable,
)

_LONGEST_WORDS = 300
_CAS = "check-and-set"
_SEALED = "sealed"
_WORTH_ANOTHER_TRY = frozenset({412, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed.

    Attributes:
        again: whether trying again may help.
        after: how many seconds the server asks to wait first.
        silent: whether there was no answer at all, so that other calls will fare no better.
        empty: whether it is how a vault says that a list has no entries.
    """

    error: TargetError
    again: bool = False
    after: float = 0
    silent: bool = False
    empty: bool = False


def no_answer(what: str, error: requests.RequestException) -> Failure:
    """A call without an answer. The library's own text is left out: it may carry what was sent."""
    match error:
        case requests.exceptions.SSLError():
            text = f"{what} failed: the server's certificate is not trusted; name its CA as caFile in the target"
            return Failure(Unreachable(text), silent=True)
        case requests.exceptions.Timeout():
            text = f"{what} was not answered in time"
        case requests.exceptions.ConnectionError():
            text = f"{what} failed: no connection, or it was cut; is the server running at its address?"
        case _:
            text = f"{what} failed: {type(error).__name__}"
    return Failure(Unreachable(text), again=True, silent=True)


def failure_of(what: str, status: int, document: Json | None, after: float | None, secrets: Collection[str]) -> Failure:
    """An answer that says no.

    `document` is the server's `{"errors": [...]}`; its words go into ours, shortened and without the `secrets`.
    """
    words = _words(document, secrets)
    said = f"{what}: {status}" + (f" ({words})" if words else "")
    error: TargetError
    match status:
        case 401 | 403:
            error = Unauthorized(f"{said}; the token is not valid there, or its policies do not allow this")
        case 404:
            error = Missing(f"{said}; there is nothing of that name")
        case 409:
            error = Conflict(f"{said}; somebody else was faster: read again and retry")
        case 412:
            error = Conflict(f"{said}; this node has not seen our last write yet")
        case 400 if _CAS in words:
            error = Conflict(f"{said}; it was changed meanwhile: read again and retry")
        case 429:
            error = RateLimited(f"{said}; too many calls", after)
        case HTTPStatus.SERVICE_UNAVAILABLE if _SEALED in words.lower():
            error = Unreachable(f"{said}; the vault is sealed")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error = Unreachable(f"{said}; the server has a problem of its own")
        case _ if status < HTTPStatus.BAD_REQUEST:
            error = Unreachable(f"{said}; the server sends us elsewhere: point the address at the active node")
        case _:
            error = Rejected(f"{said}; the server understood and said no", code=str(status))
    sealed = status == HTTPStatus.SERVICE_UNAVAILABLE and _SEALED in words.lower()
    return Failure(
        error,
        again=status in _WORTH_ANOTHER_TRY and not sealed,
        after=after or 0,
        silent=sealed,
        empty=status == HTTPStatus.NOT_FOUND and document is not None and document.get("errors") == [],
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header: a number, or an instant in HTTP's form."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _words(document: Json | None, secrets: Collection[str]) -> str:
    errors = (document or {}).get("errors")
    if not isinstance(errors, list):
        return ""
    text = " ".join(" ".join(str(error) for error in errors).split())
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return text[:_LONGEST_WORDS]
