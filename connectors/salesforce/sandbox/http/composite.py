"""`/composite/batch`: up to 25 independent requests in one."""

import json

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.exchange import Answer, Call, Request

MOST = 25
_HALTED = {
    "errorCode": "BATCH_PROCESSING_HALTED",
    "message": "Batch processing has been halted because of an earlier failure",
}


def batch(call: Call) -> Answer:
    """Answers each request by itself; one that fails leaves the others alone, unless `haltOnError`."""
    body = call.request.record()
    requests = body.get("batchRequests")
    if not isinstance(requests, list) or not requests:
        raise OrgError("JSON_PARSER_ERROR", "batchRequests must be a list of at least one request")
    if len(requests) > MOST:
        raise OrgError("LIMIT_EXCEEDED", f"Number of requests ({len(requests)}) exceeds the limit of {MOST}")
    results: list[dict[str, object]] = []
    answers: list[Answer] = []
    failed = False
    for request in requests:
        if failed and body.get("haltOnError"):
            results.append({"statusCode": 412, "result": [_HALTED]})
            continue
        answer = call.inside(_inner(request))
        answers.append(answer)
        failed = failed or answer.status >= 400  # noqa: PLR2004 (HTTP's own bound)
        results.append({"statusCode": answer.status, "result": answer.body})
    return Answer(
        {"hasErrors": failed, "results": results},
        cut=any(answer.cut for answer in answers),
        delay=sum(answer.delay for answer in answers),
    )


def _inner(request: object) -> Request:
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise OrgError("JSON_PARSER_ERROR", "each batch request needs a method and a url")
    url = str(request["url"]).lstrip("/")
    address = f"/{url}" if url.startswith("services/") else f"/services/data/{url}"
    content = request.get("richInput")
    return Request(
        method=str(request.get("method", "GET")).upper(),
        address=address,
        headers={},
        body=b"" if content is None else json.dumps(content).encode(),
    )
