"""Several requests in one: `/composite/batch` (independent), `/composite` and `/composite/graph` (in order, linked)."""

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import cast

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.exchange import Answer, Call, Json, Request

MOST, MOST_READS, MOST_GRAPHS, MOST_NODES = 25, 5, 75, 500
_BAD = 400
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_INHERITED = {"accept", "authorization", "content-type"}
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_HALTED: dict[str, object] = {
    "errorCode": "BATCH_PROCESSING_HALTED",
    "message": "Batch processing has been halted because of an earlier failure",
}
_ROLLED_BACK: dict[str, object] = {
    "errorCode": "PROCESSING_HALTED",
    "message": "The transaction was rolled back since another operation in the same transaction failed.",
}
Item = Mapping[str, object]


class _RollBackError(Exception):
    """One of the requests failed where all or none were asked for."""


@dataclass(slots=True)
class _Run:
    """What a list of linked requests came to."""

    responses: list[dict[str, object]]
    answers: list[Answer]

    @property
    def failed(self) -> bool:
        """Whether one of them was refused."""
        return any(answer.status >= _BAD for answer in self.answers)


def batch(call: Call) -> Answer:
    """Answers each request by itself; one that fails leaves the others alone, unless `haltOnError`."""
    body = call.request.record()
    requests = _items(body, "batchRequests", MOST)
    results: list[dict[str, object]] = []
    answers: list[Answer] = []
    failed = False
    for item in requests:
        if failed and body.get("haltOnError"):
            results.append({"statusCode": 412, "result": [_HALTED]})
            continue
        answer = call.inside(_inner(str(item.get("url", "")), item.get("method"), item.get("richInput")))
        answers.append(answer)
        failed = failed or answer.status >= _BAD
        results.append({"statusCode": answer.status, "result": answer.body})
    return _together({"hasErrors": failed, "results": results}, answers)


def composite(call: Call) -> Answer:
    """Answers requests in order; later ones may use what earlier ones answered, as `@{reference.field}`."""
    body = call.request.record()
    items = _items(body, "compositeRequest", MOST)
    reads = sum(1 for item in items if re.search(r"/(query|queryAll|composite/sobjects)\b", str(item.get("url"))))
    if reads > MOST_READS:
        message = f"Number of query and collection requests ({reads}) exceeds the limit of {MOST_READS}"
        raise OrgError("LIMIT_EXCEEDED", message)
    _check_references(items)
    run = _linked(call, items, all_or_none=bool(body.get("allOrNone")))
    return _together({"compositeResponse": run.responses}, run.answers)


def graph(call: Call) -> Answer:
    """Answers graphs of linked requests, each of which succeeds or fails as a whole."""
    graphs = _items(call.request.record(), "graphs", MOST_GRAPHS)
    parts = [(one, _items(one, "compositeRequest", MOST_NODES)) for one in graphs]
    for _, items in parts:
        _check_references(items)
    nodes = sum(len(items) for _, items in parts)
    if nodes > MOST_NODES:
        raise OrgError("LIMIT_EXCEEDED", f"Number of nodes ({nodes}) exceeds the limit of {MOST_NODES}")
    results: list[dict[str, object]] = []
    answers: list[Answer] = []
    for one, items in parts:
        run = _linked(call, items, all_or_none=True)
        answers += run.answers
        results.append(
            {
                "graphId": one.get("graphId"),
                "graphResponse": {"compositeResponse": run.responses},
                "isSuccessful": not run.failed,
            }
        )
    return _together({"graphs": results}, answers)


def _linked(call: Call, items: list[Item], *, all_or_none: bool) -> _Run:
    run = _Run([], [])
    known: dict[str, Json] = {}
    # Only where all or none are to succeed are the requests one transaction; otherwise each is its own.
    together = call.org.together() if all_or_none else nullcontext()
    try:
        with call.org.store.transaction(), together:
            for item in items:
                answer = _one(call, item, known)
                run.answers.append(answer)
                run.responses.append(_response(item, answer))
                if answer.status < _BAD:
                    known[str(item.get("referenceId"))] = answer.body
            _require(run, all_or_none=all_or_none)
    except _RollBackError:
        for response in run.responses:
            if cast("int", response["httpStatusCode"]) < _BAD:
                response |= {"body": [_ROLLED_BACK], "httpStatusCode": _BAD, "httpHeaders": {}}
    return run


def _require(run: _Run, *, all_or_none: bool) -> None:
    if all_or_none and run.failed:
        raise _RollBackError


def _one(call: Call, item: Item, known: Mapping[str, Json]) -> Answer:
    try:
        url = str(_filled(item.get("url"), known))
        request = _inner(url, item.get("method"), _filled(item.get("body"), known), item.get("httpHeaders"))
        return call.inside(request)
    except OrgError as error:
        return Answer([error.rest()], status=error.status)


def _response(item: Item, answer: Answer) -> dict[str, object]:
    headers = dict(answer.headers)
    return {
        "body": answer.body,
        "httpHeaders": headers,
        "httpStatusCode": answer.status,
        "referenceId": item.get("referenceId"),
    }


def _filled(value: Json, known: Mapping[str, Json]) -> Json:
    """The value with every reference in its texts replaced."""
    if isinstance(value, dict):
        return {name: _filled(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole[1], known)
    return _REFERENCE.sub(lambda found: str(_looked_up(found[1], known)), value)


def _looked_up(path: str, known: Mapping[str, Json]) -> Json:
    value: Json = known
    for name, index in _STEP.findall(path):
        if name and isinstance(value, Mapping) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            message = f"Invalid reference specified. No value for {path} found. Provided reference is @{{{path}}}"
            raise OrgError("PROCESSING_HALTED", message)
    return value


def _items(body: Item, name: str, most: int) -> list[Item]:
    found = body.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise OrgError("JSON_PARSER_ERROR", f"{name} must be a list of at least one request")
    if len(found) > most:
        raise OrgError("LIMIT_EXCEEDED", f"Number of requests ({len(found)}) exceeds the limit of {most}")
    return found


def _check_references(items: list[Item]) -> None:
    """Refuses a request whose parts cannot be told apart, or send headers that they inherit.

    REST API Developer Guide, "Composite Subrequest" and "Composite Subrequest Result": letters, numbers and
    underscores; Accept, Authorization and Content-Type come from the request around. Before v52 the platform takes
    other characters and then finds no reference by them; here they are refused in every version.
    """
    names = [str(item.get("referenceId", "")) for item in items]
    for name in names:
        if not _NAME.fullmatch(name):
            message = f"Invalid referenceId {name!r}: letters, numbers and underscores only"
            raise OrgError("INVALID_INPUT", message)
        if names.count(name) > 1:
            raise OrgError("INVALID_INPUT", f"Duplicate referenceId {name!r}")
    for item in items:
        sent = item.get("httpHeaders")
        inherited = {key.lower() for key in sent} & _INHERITED if isinstance(sent, dict) else set()
        if inherited:
            message = f"{', '.join(sorted(inherited))} cannot be specified in a subrequest"
            raise OrgError("INVALID_INPUT", message)


def _inner(url: str, method: object, content: Json, headers: Json = None) -> Request:
    if not url:
        raise OrgError("JSON_PARSER_ERROR", "each request inside needs a method and a url")
    path = url.lstrip("/")
    return Request(
        method=str(method or "GET").upper(),
        address=f"/{path}" if path.startswith("services/") else f"/services/data/{path}",
        headers={name.lower(): str(sent) for name, sent in headers.items()} if isinstance(headers, dict) else {},
        body=b"" if content is None else json.dumps(content).encode(),
    )


def _together(body: dict[str, object], answers: list[Answer]) -> Answer:
    """The answer around others; it breaks off and waits as they do."""
    return Answer(body, cut=any(answer.cut for answer in answers), delay=sum(answer.delay for answer in answers))
