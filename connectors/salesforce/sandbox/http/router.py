"""Which resource answers which request, with faults, refusals and counting around it."""

from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern

from starlette.routing import compile_path

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.faults import Fault
from connectors.salesforce.sandbox.http import actions, bulk, collections, composite, discovery, queries, sobjects
from connectors.salesforce.sandbox.http.exchange import Answer, Call, Request, Site
from connectors.salesforce.sandbox.sessions import Session

Resource = Callable[[Call], Answer]
_MISSING = OrgError("NOT_FOUND", "The requested resource does not exist")

_RESOURCES: tuple[tuple[str, str, Resource], ...] = (
    ("GET", "", discovery.resources),
    ("GET", "/limits", discovery.limits),
    ("GET", "/limits/recordCount", discovery.record_count),
    ("GET", "/query", queries.query),
    ("GET", "/queryAll", queries.query_all),
    ("GET", "/query/{locator}", queries.more),
    ("GET", "/queryAll/{locator}", queries.more),
    ("GET", "/sobjects", sobjects.list_all),
    ("GET", "/sobjects/{kind}", sobjects.about),
    ("POST", "/sobjects/{kind}", sobjects.create),
    ("GET", "/sobjects/{kind}/describe", sobjects.describe_one),
    ("GET", "/sobjects/{kind}/{id}", sobjects.read),
    ("PATCH", "/sobjects/{kind}/{id}", sobjects.update),
    ("DELETE", "/sobjects/{kind}/{id}", sobjects.delete),
    ("GET", "/sobjects/{kind}/{field}/{value:path}", sobjects.read_by_key),
    ("PATCH", "/sobjects/{kind}/{field}/{value:path}", sobjects.upsert),
    ("DELETE", "/sobjects/{kind}/{field}/{value:path}", sobjects.delete_by_key),
    ("POST", "/composite", composite.composite),
    ("POST", "/composite/graph", composite.graph),
    ("POST", "/composite/batch", composite.batch),
    ("GET", "/tooling/query", queries.tooling_query),
    ("GET", "/tooling/query/{locator}", queries.tooling_more),
    ("POST", "/actions/standard/{action}", actions.run),
    ("POST", "/jobs/query", bulk.create),
    ("GET", "/jobs/query", bulk.list_all),
    ("GET", "/jobs/query/{job}", bulk.read),
    ("PATCH", "/jobs/query/{job}", bulk.abort),
    ("DELETE", "/jobs/query/{job}", bulk.delete),
    ("GET", "/jobs/query/{job}/results", bulk.results),
    ("POST", "/composite/sobjects", collections.create_all),
    ("PATCH", "/composite/sobjects", collections.update_all),
    ("DELETE", "/composite/sobjects", collections.delete_all),
    ("GET", "/composite/sobjects/{kind}", collections.read_all),
    ("POST", "/composite/sobjects/{kind}", collections.read_all),
    ("PATCH", "/composite/sobjects/{kind}/{field}", collections.upsert_all),
)


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    template: str
    pattern: Pattern[str]
    resource: Resource


class Router:
    """Answers requests of the data API, and those inside them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._routes = [
            _Route(method, path, compile_path("/services/data/{api}" + path)[0], resource)
            for method, path, resource in _RESOURCES
        ]

    def answer(self, request: Request, session: Session, *, inner: bool = False) -> Answer:
        """Answers one request; never raises a refusal, but answers it."""
        fault = self._site.faults.hit(request.address)
        try:
            if fault is not None and fault.error_code is not None:
                raise fault.refusal()
            answer = self._dispatch(request, session, inner=inner)
        except OrgError as error:
            answer = Answer([error.rest()], status=error.status)
        return answer if fault is None else self._spoiled(request, answer, fault)

    def _dispatch(self, request: Request, session: Session, *, inner: bool) -> Answer:
        method = (
            request.query.get("_HttpMethod", request.method).upper() if request.method == "POST" else request.method
        )
        allowed = []
        for route in self._routes:
            found = route.pattern.match(request.path)
            if found is None:
                continue
            if route.method != ("GET" if method == "HEAD" else method):
                allowed.append(route.method)
                continue
            counter = self._site.inner if inner else self._site.calls
            counter[f"{route.method} {route.template or '/'}"] += 1
            params = found.groupdict()
            version = _version(params.pop("api"))
            call = Call(
                self._site, request, session, version, params, lambda part: self.answer(part, session, inner=True)
            )
            return route.resource(call)
        if allowed:
            message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
            raise OrgError("METHOD_NOT_ALLOWED", message)
        raise _MISSING

    def _spoiled(self, request: Request, answer: Answer, fault: Fault) -> Answer:
        answer.delay += fault.latency
        answer.cut = answer.cut or fault.cut
        if fault.half_page and isinstance(answer.body, dict) and isinstance(answer.body.get("records"), list):
            version = request.path.split("/")[3]
            records = answer.body["records"]
            locator = f"/services/data/{version}/query/{self._site.cursors.broken()}-{len(records) // 2}"
            answer.body |= {"done": False, "nextRecordsUrl": locator, "records": records[: len(records) // 2]}
        elif fault.half_page:
            answer.cut = True
        return answer


def _version(text: str) -> int:
    number, _, minor = text.removeprefix("v").partition(".")
    if not text.startswith("v") or not number.isdigit() or minor != "0":
        raise _MISSING
    if not discovery.OLDEST <= int(number) <= discovery.NEWEST:
        raise _MISSING
    return int(number)
