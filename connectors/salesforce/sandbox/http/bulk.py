"""Bulk API 2.0 queries: `/jobs/query`. Jobs are done as soon as they are made; results are CSV."""

import csv
import io
from collections.abc import Mapping

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.http.jobs import Job
from connectors.salesforce.sandbox.http.queries import select
from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.soql.parser import parse
from connectors.salesforce.sandbox.soql.shaping import Record

_PAGE = 50_000
_DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}


def create(call: Call) -> Answer:
    """Runs a query; what Bulk cannot do is refused."""
    body = call.request.record()
    operation, text = str(body.get("operation")), str(body.get("query", ""))
    if operation not in {"query", "queryAll"}:
        raise OrgError("INVALIDJOB", f"operation {operation} is not query or queryAll")
    delimiter = str(body.get("columnDelimiter", "COMMA"))
    if delimiter not in _DELIMITERS:
        raise OrgError("INVALIDJOB", f"columnDelimiter {delimiter} is not supported")
    _check(parse(text))
    result = select(call, text, deleted_too=operation == "queryAll")
    job_id = call.org.ids.new("750")
    job = Job(job_id, operation, result, call.org.now(), call.session.user_id, delimiter)
    call.site.jobs[job_id] = job
    return Answer(_shown(call, job) | {"state": "UploadComplete"})


def list_all(call: Call) -> Answer:
    """Every job of the asker."""
    mine = [_shown(call, job) for job in call.site.jobs.values() if job.user_id == call.session.user_id]
    return Answer({"done": True, "records": mine, "nextRecordsUrl": None})


def read(call: Call) -> Answer:
    """How a job stands."""
    job = _job(call)
    shown = {"numberRecordsProcessed": job.result.total, "retries": 0, "totalProcessingTime": 1}
    return Answer(_shown(call, job) | shown)


def abort(call: Call) -> Answer:
    """Gives a job up."""
    job = _job(call)
    if call.request.record().get("state") != "Aborted":
        raise OrgError("INVALIDJOBSTATE", "a query job can only be aborted")
    job.state = "Aborted"
    return Answer(_shown(call, job))


def delete(call: Call) -> Answer:
    """Forgets a job."""
    del call.site.jobs[_job(call).job_id]
    return Answer(status=204)


def results(call: Call) -> Answer:
    """A page of a job's rows; `Sforce-Locator` names the next, `null` where there is none."""
    job = _job(call)
    if job.state != "JobComplete":
        raise OrgError("INVALIDJOBSTATE", "the job is not complete")
    start = int(call.request.query.get("locator") or 0)
    most = min(_PAGE, int(call.request.query.get("maxRecords") or _PAGE))
    records, end = job.result.page(start, most)
    done = end >= job.result.total
    names = [column.name for column in job.result.plan.columns]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=_DELIMITERS[job.delimiter], quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_text(record, name) for name in names] for record in records)
    headers = {"Sforce-NumberOfRecords": str(len(records)), "Sforce-Locator": "null" if done else str(end)}
    return Answer(out.getvalue().encode(), headers=headers, media="text/csv")


def _check(query: ast.Query) -> None:
    """Bulk 2.0 does no GROUP BY, OFFSET, COUNT or child subqueries (Bulk API Developer Guide)."""
    functions = any(isinstance(item, ast.Selected) and isinstance(item.operand, ast.Call) for item in query.items)
    children = any(isinstance(item, ast.Query) for item in query.items)
    if query.groups or query.offset or children or functions:
        message = "Bulk queries do not support GROUP BY, OFFSET, aggregate functions or nested queries"
        raise OrgError("FEATURENOTENABLED", message)


def _text(record: Mapping[str, object], path: str) -> str:
    value: object = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _job(call: Call) -> Job:
    found = next((job for key, job in call.site.jobs.items() if key[:15] == call.params["job"][:15]), None)
    if found is None or found.user_id != call.session.user_id:
        raise OrgError("NOT_FOUND", "The requested resource does not exist")
    return found


def _shown(call: Call, job: Job) -> Record:
    return {
        "id": job.job_id,
        "operation": job.operation,
        "object": job.result.plan.kind,
        "createdById": job.user_id,
        "createdDate": job.created.removesuffix("Z") + "+0000",
        "systemModstamp": job.created.removesuffix("Z") + "+0000",
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version),
        "jobType": "V2Query",
        "lineEnding": "LF",
        "columnDelimiter": job.delimiter,
    }
