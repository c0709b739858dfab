"""Faults on demand: what the next answers of a path get wrong."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from connectors.salesforce.sandbox.errors import OrgError

_ALWAYS = -1
_TICK = 0.05


@dataclass(slots=True)
class Fault:
    """One fault.

    Attributes:
        path: Part of the request's path and query, or a pattern of all of it where it has a `*`.
        error_code: Answer with this refusal.
        cut: Close the connection in the middle of the body.
        half_page: Answer half of a page of query results, and refuse the next.
        latency: Wait so many seconds first, or until the faults are cleared.
        after: Requests to let pass first.
        times: Requests to hit; -1 for all.
    """

    path: str
    error_code: str | None = None
    message: str | None = None
    cut: bool = False
    half_page: bool = False
    latency: float = 0.0
    after: int = 0
    times: int = 1
    hits: int = 0

    def matches(self, address: str) -> bool:
        """Whether a request (path and query, as sent) is meant."""
        forms = (address, unquote_plus(address))
        if "*" not in self.path:
            return any(self.path in form for form in forms)
        pattern = ".*".join(re.escape(part) for part in self.path.split("*"))
        return any(re.fullmatch(pattern, form, re.DOTALL) for form in forms)

    def shown(self) -> dict[str, object]:
        """As the control endpoint lists it."""
        return {
            "path": self.path,
            "errorCode": self.error_code,
            "cut": self.cut,
            "halfPage": self.half_page,
            "latency": self.latency,
            "after": self.after,
            "times": self.times,
            "hits": self.hits,
        }

    def refusal(self) -> OrgError:
        """The refusal to answer with."""
        code = self.error_code or "UNKNOWN_EXCEPTION"
        return OrgError(code, self.message or _MESSAGES.get(code, "An unexpected error occurred"))


class Faults:
    """The faults that are set, in the order in which they were."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self._cleared = 0

    def clear(self) -> None:
        """Forgets them, and lets go on whoever waits because of one."""
        self.all.clear()
        self._cleared += 1

    async def wait(self, seconds: float) -> None:
        """Waits so long, or until the faults are cleared."""
        cleared, clock = self._cleared, asyncio.get_running_loop().time
        end = clock() + seconds
        while self._cleared == cleared and (left := end - clock()) > 0:  # noqa: ASYNC110 (cleared from another thread)
            await asyncio.sleep(min(left, _TICK))

    def hit(self, address: str) -> Fault | None:
        """The fault that this request gets, or None; counts it."""
        for fault in self.all:
            if fault.times == 0 or not fault.matches(address):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= fault.times != _ALWAYS
            fault.hits += 1
            return fault
        return None


def fault_of(body: dict[str, object]) -> Fault:
    """Reads a fault as the control endpoint takes it.

    Raises:
        ValueError: It names no path, or nothing to get wrong.
    """
    known = {"path", "errorCode", "message", "cut", "halfPage", "latency", "after", "times"}
    if unknown := sorted(body.keys() - known):
        raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    fault = Fault(
        path=str(body.get("path", "")),
        error_code=None if body.get("errorCode") is None else str(body["errorCode"]),
        message=None if body.get("message") is None else str(body["message"]),
        cut=bool(body.get("cut")),
        half_page=bool(body.get("halfPage")),
        latency=float(str(body.get("latency", 0))),
        after=int(str(body.get("after", 0))),
        times=int(str(body.get("times", 1))),
    )
    if not fault.path:
        raise ValueError("a fault needs a path: a part of the request's path and query, or a pattern with *")
    if not (fault.error_code or fault.cut or fault.half_page or fault.latency):
        raise ValueError("a fault needs errorCode, cut, halfPage or latency")
    return fault


_MESSAGES = {
    "INVALID_SESSION_ID": "Session expired or invalid",
    "REQUEST_LIMIT_EXCEEDED": "TotalRequests Limit exceeded.",
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record or 1 records",
    "SERVER_UNAVAILABLE": "The server is temporarily unavailable",
    "INSUFFICIENT_ACCESS": "insufficient access rights on object id",
    "INVALID_QUERY_LOCATOR": "invalid query locator",
    "NOT_FOUND": "The requested resource does not exist",
    "QUERY_TIMEOUT": "Your query request was running for too long.",
}
