"""The ASGI application: travel, sign-in and headers; what is answered is decided elsewhere."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http import discovery, oauth, soap
from connectors.salesforce.sandbox.http.control import control
from connectors.salesforce.sandbox.http.exchange import Answer, Call, Request, Site
from connectors.salesforce.sandbox.http.router import Router

_LOG = logging.getLogger(__name__)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class CutError(Exception):
    """The answer was broken off on purpose."""


class _Sent:
    """An answer on the wire, with the org's own clock in its `Date`."""

    def __init__(self, site: Site, answer: Answer, content: bytes, *, head: bool) -> None:
        self._site = site
        self._answer = answer
        self._content = content
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        if self._answer.delay:
            await self._site.faults.wait(self._answer.delay)
        content = self._content
        date = format_datetime(self._site.org.clock.now().replace(microsecond=0), usegmt=True)
        headers = {
            "date": date,
            "content-length": str(len(content)),
            "cache-control": "no-cache,must-revalidate,max-age=0,no-store,private",
        }
        if content:
            headers["content-type"] = self._answer.media
        headers |= self._answer.headers
        start: Message = {
            "type": "http.response.start",
            "status": self._answer.status,
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
        await send(start)
        if self._answer.cut and content:
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
            raise CutError
        await send({"type": "http.response.body", "body": b"" if self._head else content})


def build(site: Site) -> Starlette:
    """The application that serves an org.

    One thread does all the work, one request after the other: an org is no concurrent thing. The event loop is left to
    travel, so that no long answer keeps others from being accepted, sent or waited for.
    """
    router = Router(site)
    worker = ThreadPoolExecutor(1, thread_name_prefix="org")

    async def serve(incoming: Incoming) -> _Sent:
        raw = incoming.url.path + (f"?{incoming.url.query}" if incoming.url.query else "")
        request = Request(incoming.method, raw, dict(incoming.headers), await incoming.body())
        answer, content = await asyncio.get_running_loop().run_in_executor(worker, _worked_out, site, router, request)
        return _Sent(site, answer, content, head=incoming.method == "HEAD")

    return Starlette(routes=[Route("/{path:path}", serve, methods=_METHODS)])


def _worked_out(site: Site, router: Router, request: Request) -> tuple[Answer, bytes]:
    """The answer to a request, whatever happens, and its bytes."""
    try:
        answer = _answer(site, router, request)
    except Exception:  # noqa: BLE001 (whatever it was, it is logged and answered)
        # A fault of the simulation itself: said in its log, answered as the platform answers its own.
        _LOG.exception("no answer to %s %s", request.method, request.path)
        refusal = OrgError("UNKNOWN_EXCEPTION", "An unexpected error occurred.")
        answer = Answer([refusal.rest()], status=refusal.status)
    return answer, answer.content()


def _answer(site: Site, router: Router, request: Request) -> Answer:
    parts = request.path.split("/")[1:]
    match parts:
        case ["__sandbox__", *_]:
            return control(site, request)
        case ["services", "oauth2", "token"] if request.method == "POST":
            return _counted(site, request, lambda: oauth.token(site, request))
        case ["services", "oauth2", "revoke"]:
            return _counted(site, request, lambda: oauth.revoke(site, request))
        case ["services", "Soap", ("u" | "c"), version, *_] if request.method == "POST":
            return _counted(site, request, lambda: soap.answer(site, request, version))
        case ["services", "data"]:
            return discovery.versions()
        case _:
            return _signed_in(site, router, request, parts)


def _signed_in(site: Site, router: Router, request: Request, parts: list[str]) -> Answer:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = site.sessions.resolve(token.strip()) if scheme.lower() in {"bearer", "oauth"} else None
    if session is None and (parts[0] == "id" or parts[1:] == ["oauth2", "userinfo"]):
        # Salesforce Help, OpenID Connect and Identity URLs: these two answer in words of their own.
        return Answer(b"Bad_OAuth_Token" if token else b"Missing_OAuth_Token", status=403, media="text/html")
    if session is None:
        refusal = OrgError("INVALID_SESSION_ID", "Session expired or invalid")
        return Answer([refusal.rest()], status=refusal.status)
    call = Call(site, request, session, discovery.NEWEST, {}, lambda part: router.answer(part, session, inner=True))
    match parts:
        case ["services", "oauth2", "userinfo"]:
            return discovery.userinfo(call)
        case ["id", _, user] if user[:15] == session.user_id[:15]:
            return discovery.identity(call)
        case ["services", "data", *_]:
            return _data(site, router, request, call)
        case _:
            missing = OrgError("NOT_FOUND", "The requested resource does not exist")
            return Answer([missing.rest()], status=missing.status)


def _data(site: Site, router: Router, request: Request, call: Call) -> Answer:
    """Answers the data API, unless the user may not use it or the day's requests are spent."""
    limit = site.org.switches.daily_api_requests
    refusal = None
    if not call.user.permissions.has("ApiEnabled"):
        refusal = OrgError("API_CURRENTLY_DISABLED", "API is disabled for this User")
    elif site.org.requests >= limit:
        refusal = OrgError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    if refusal is not None:
        return Answer([refusal.rest()], status=refusal.status)
    site.org.requests += 1
    answer = router.answer(request, call.session)
    answer.headers["Sforce-Limit-Info"] = f"api-usage={site.org.requests}/{limit}"
    return answer


def _counted(site: Site, request: Request, work: Callable[[], Answer]) -> Answer:
    """Counts a request outside the data API, and lets faults at it; one that is refused so has done nothing."""
    site.calls[f"{request.method} {request.path}"] += 1
    fault = site.faults.hit(request.address)
    if fault is None:
        return work()
    if fault.error_code is not None:
        refusal = fault.refusal()
        answer = Answer({"error": refusal.code.lower(), "error_description": refusal.message}, status=refusal.status)
    else:
        answer = work()
    answer.delay += fault.latency
    answer.cut = fault.cut
    return answer
