"""`/query`, `/queryAll` and their further pages."""

from connectors.salesforce.sandbox.access import profile, records
from connectors.salesforce.sandbox.access.permissions import refresh_own_access
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.cursors import Cursor
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.soql.compiler import compile_query
from connectors.salesforce.sandbox.soql.parser import parse
from connectors.salesforce.sandbox.soql.plan import Column, Plan
from connectors.salesforce.sandbox.soql.runner import Asking, Moment, Paged, Result, run, within_reach
from connectors.salesforce.sandbox.soql.scope import Context

PAGE, LEAST_PAGE = 2000, 200


def query(call: Call) -> Answer:
    """Runs `q`."""
    return _query(call, deleted_too=False)


def query_all(call: Call) -> Answer:
    """Runs `q`, deleted records included."""
    return _query(call, deleted_too=True)


def more(call: Call) -> Answer:
    """The page that a locator names."""
    key, cursor, start = call.site.cursors.find(call.params["locator"], call.session.user_id, call.org.clock.now())
    return _page(call, cursor, key, start)


def tooling_query(call: Call) -> Answer:
    """Runs `q` through the Tooling API, whose pages say more."""
    return _as_tooling(call, _query(call, deleted_too=False, tooling=True))


def tooling_more(call: Call) -> Answer:
    """The page that a locator of the Tooling API names."""
    return _as_tooling(call, more(call))


def select(call: Call, text: str, *, deleted_too: bool, tooling: bool = False) -> Result:
    """All rows of a statement, as the caller may see them."""
    user, org, now = call.user, call.org, call.org.now()
    context = Context(
        schema=org.schema,
        text=text,
        version=call.version,
        now=now,
        sight=user.sight,
        readable=user.reads,
        known=user.knows,
        tooling=tooling,
        user_id=call.session.user_id,
        zone=_zone(call) if "converttimezone" in text.lower() else "GMT",
    )
    moment = Moment(now, call.session.session_id)
    with within_reach():
        query = parse(text)
        plan = compile_query(context, query, deleted_too=deleted_too)
        refresh_own_access(org, call.session.user_id, call.session.session_id, plan.keys or plan.sql)
        records.prepare(org, user, query)
        found = run(org, plan, moment)
        if context.single and not plan.aggregate:
            profile.prepare(org, [key for (key,) in found])
        return Result(org, plan, found, Asking(call.base, moment, lambda below, size: _kept(call, below, size)))


def _kept(call: Call, below: Paged, size: int) -> str:
    """Where children go on that did not fit."""
    key = call.site.cursors.keep(Cursor(below, call.session.user_id, call.org.clock.now(), size))
    return f"{call.base}/query/{key}"


def _zone(call: Call) -> str:
    row = call.org.store.get(call.org.schema["User"], call.session.user_id) or {}
    return str(row["TimeZoneSidKey"])


def _query(call: Call, *, deleted_too: bool, tooling: bool = False) -> Answer:
    text = call.request.query.get("q")
    if text is None:
        raise OrgError("MALFORMED_QUERY", "A query string has to be specified")
    result = select(call, text, deleted_too=deleted_too, tooling=tooling)
    if call.request.query.get("columns") == "true":
        return Answer(_described(result.plan))
    size = _page_size(call.request.headers.get("sforce-query-options", ""))
    cursor = Cursor(result, call.session.user_id, call.org.clock.now(), size)
    return _page(call, cursor, None, 0)


def _page(call: Call, cursor: Cursor, key: str | None, start: int) -> Answer:
    records, end = cursor.result.page(start, cursor.size)
    total = cursor.result.total
    done = cursor.result.plan.count or end >= total
    body: dict[str, object] = {"totalSize": total, "done": done}
    if not done:
        if cursor.result.plan.aggregate:
            message = (
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            )
            raise OrgError("EXCEEDED_ID_LIMIT", message)
        key = key or call.site.cursors.keep(cursor)
        body["nextRecordsUrl"] = f"{call.base}/query/{key}-{end}"
    return Answer(body | {"records": records})


def _as_tooling(call: Call, answer: Answer) -> Answer:
    """A page in the Tooling API's shape and with its addresses (Tooling API Developer Guide, REST Resources)."""
    body = answer.body
    if not isinstance(body, dict) or "records" not in body:
        return answer
    records, following = body["records"], body.get("nextRecordsUrl")
    named = records[0]["attributes"]["type"] if records else None
    for record in records:
        if "url" in record["attributes"]:
            record["attributes"]["url"] = record["attributes"]["url"].replace(call.base, f"{call.base}/tooling", 1)
    head: dict[str, object] = {"size": len(records), "totalSize": body["totalSize"], "done": body["done"]}
    if following is not None:
        head["nextRecordsUrl"] = following = following.replace(call.base, f"{call.base}/tooling", 1)
    locator = None if following is None else following.rpartition("/")[2]
    return Answer(head | {"queryLocator": locator, "entityTypeName": named, "records": records})


def _page_size(options: str) -> int:
    for option in options.split(","):
        name, _, value = option.partition("=")
        if name.strip().lower() == "batchsize" and value.strip().isdigit():
            return max(LEAST_PAGE, min(PAGE, int(value)))
    return PAGE


def _described(plan: Plan) -> dict[str, object]:
    return {
        "columnMetadata": [_column(column) for column in plan.columns],
        "entityName": plan.kind,
        "groupBy": plan.aggregate,
        "idSelected": "Id" in plan.shape,
        "keyPrefix": None,
    }


def _column(column: Column) -> dict[str, object]:
    return {
        "aggregate": column.aggregate,
        "apexType": column.type.capitalize(),
        "booleanType": column.type == "boolean",
        "columnName": column.name,
        "custom": column.name.endswith("__c"),
        "displayName": column.name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [_column(joined) for joined in column.joined],
        "numberType": column.type in {"int", "double", "currency"},
        "textType": column.type in {"string", "textarea", "picklist", "email", "url", "phone", "id", "ref"},
        "updatable": False,
    }
