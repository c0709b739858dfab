"""`/composite/sobjects`: up to 200 records in one request, with a result for each."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import OrgError, invalid_reference, unknown_object
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.http.queries import select
from connectors.salesforce.sandbox.http.sobjects import key_field, kind_of, upsert_record
from connectors.salesforce.sandbox.mixture import mixed
from connectors.salesforce.sandbox.schema import ObjectType

MOST, MOST_READ, MOST_CHUNKS = 200, 2000, 10
Record = dict[str, object]
Result = dict[str, object]


class _RollBack(Exception):
    """One record failed where all or none were asked for."""


def create_all(call: Call) -> Answer:
    """New records."""
    records, all_or_none = _body(call)
    kinds = [_kind(call, record) for record in records]
    _check_mixture(kinds)
    writes = call.records

    def one(at: int) -> Result:
        return {"id": writes.create(kinds[at], records[at]), "success": True, "errors": []}

    return Answer(_each(call, len(records), one, all_or_none=all_or_none))


def update_all(call: Call) -> Answer:
    """Changes records, each named by its `id`."""
    records, all_or_none = _body(call)
    kinds = [_kind(call, record) for record in records]
    _check_mixture(kinds)
    writes = call.records

    def one(at: int) -> Result:
        record_id, rest = _split(records[at])
        kind = kinds[at]
        if record_id is None:
            raise OrgError("MISSING_ARGUMENT", "Id not specified in an update call", fields=[])
        if call.org.schema.of_id(record_id) is not kind:
            raise OrgError("MALFORMED_ID", f"{kind.name} ID: id value of incorrect type: {record_id}", fields=["Id"])
        writes.update(kind, record_id, rest)
        return {"id": record_id, "success": True, "errors": []}

    return Answer(_each(call, len(records), one, all_or_none=all_or_none))


def upsert_all(call: Call) -> Answer:
    """Changes or creates records of one object by an external id."""
    records, all_or_none = _body(call)
    kind = kind_of(call)
    key = key_field(kind, call.params["field"])
    writes = call.records
    values = [
        next((sent for name, sent in record.items() if name.lower() == key.name.lower()), None) for record in records
    ]
    times = Counter(str(value).lower() for value in values)

    def one(at: int) -> Result:
        value = values[at]
        if value is not None and value != "" and times[str(value).lower()] > 1:
            what = "id" if key.name == "Id" else "external id"
            raise OrgError("DUPLICATE_VALUE", f"Duplicate {what} specified: {value}", fields=[key.name])
        record_id, created = upsert_record(call, kind, key, value, records[at], writes=writes)
        return {"id": record_id, "success": True, "errors": [], "created": created}

    return Answer(_each(call, len(records), one, all_or_none=all_or_none))


def delete_all(call: Call) -> Answer:
    """Deletes `?ids=`, of any objects."""
    wanted = [part.strip() for part in call.request.query.get("ids", "").split(",") if part.strip()]
    _check_size(wanted)
    named = [ids.normal(part) for part in wanted]
    _check_mixture([kind for key in named if key and (kind := call.org.schema.of_id(key))])
    writes = call.records

    def one(at: int) -> Result:
        record_id = named[at]
        kind = call.org.schema.of_id(record_id) if record_id else None
        if record_id is None or kind is None:
            raise OrgError("MALFORMED_ID", f"malformed id {wanted[at]}", fields=[])
        writes.delete(kind, record_id)
        return {"id": record_id, "success": True, "errors": []}

    all_or_none = call.request.query.get("allOrNone", "false").lower() == "true"
    return Answer(_each(call, len(wanted), one, all_or_none=all_or_none))


def read_all(call: Call) -> Answer:
    """Records of one object by id, null for each that is not there."""
    if call.request.method == "POST":
        body = call.request.record()
        wanted, fields = body.get("ids"), body.get("fields")
    else:
        wanted, fields = call.request.query.get("ids", "").split(","), call.request.query.get("fields", "").split(",")
    if not isinstance(wanted, list) or not isinstance(fields, list) or not fields:
        raise OrgError("MALFORMED_QUERY", "ids and fields are required")
    if len(wanted) > MOST_READ:
        raise OrgError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_READ} records into this call"
        )
    kind = kind_of(call)
    keys = [ids.normal(str(one)) or "" for one in wanted]
    names = [str(name) for name in fields]
    if "id" not in {name.lower() for name in names}:
        names.append("Id")
    quoted = ", ".join(f"'{key}'" for key in keys if key) or "null"
    text = f"SELECT {', '.join(names)} FROM {kind.name} WHERE Id IN ({quoted})"  # noqa: S608 (SOQL, parsed before it runs)
    records, _ = select(call, text, deleted_too=False).page(0, MOST_READ)
    by_id = {record.get("Id"): record for record in records}
    return Answer([by_id.get(key) for key in keys])


def _each(call: Call, count: int, one: Callable[[int], Result], *, all_or_none: bool) -> list[Result]:
    """A result per record; with `all_or_none`, one failure undoes all, and the others say so."""
    results: list[Result] = []
    try:
        with call.org.store.transaction():
            for at in range(count):
                try:
                    results.append(one(at))
                except OrgError as error:
                    results.append({"success": False, "errors": [error.item()]})
            _require_all(results, all_or_none=all_or_none)
    except _RollBack:
        undone = OrgError(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "Record rolled back because not all records were valid and the request was using AllOrNone header",
            fields=[],
        )
        results = [{"success": False, "errors": [undone.item()]} if result["success"] else result for result in results]
    return results


def _require_all(results: list[Result], *, all_or_none: bool) -> None:
    if all_or_none and not all(result["success"] for result in results):
        raise _RollBack


def _body(call: Call) -> tuple[list[Record], bool]:
    body = call.request.record()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise OrgError("JSON_PARSER_ERROR", "The request body must hold a list of records")
    _check_size(records)
    return records, bool(body.get("allOrNone"))


def _check_size(records: Sequence[object]) -> None:
    if len(records) > MOST:
        message = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise OrgError("EXCEEDED_ID_LIMIT", message)


def _kind(call: Call, record: Record) -> ObjectType:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if name is None:
        raise OrgError("INVALID_INPUT", "Include an entity type in the attributes of each record")
    found = call.org.schema.find(str(name))
    if found is None or not call.org.switches.have(found):
        raise OrgError("INVALID_TYPE", unknown_object(str(name)))
    return found


def _check_mixture(kinds: Sequence[ObjectType]) -> None:
    """At most ten runs of one object; several objects only where none is a Setup object.

    REST API Developer Guide, "Create Records Using sObject Collections" and its kin: "You can't create records for
    multiple object types in one call when one of the types is related to a feature in the Salesforce Setup area."
    """
    if len(list(groupby(kinds, key=lambda kind: kind.name))) > MOST_CHUNKS:
        message = f"record chunk limit reached. cannot submit more than {MOST_CHUNKS} chunks into this call"
        raise OrgError("LIMIT_EXCEEDED", message)
    other = next((kind for kind in kinds if kind is not kinds[0]), None)
    if other is not None and any(kind.setup for kind in kinds):
        first = kinds[0]
        if first.setup == other.setup:
            other = next((kind for kind in kinds if kind.setup != first.setup), other)
        raise mixed(other.name, first.name)


def _split(record: Record) -> tuple[str | None, Record]:
    """The record's id in its long form, and the rest of it."""
    named = next((str(sent) for name, sent in record.items() if name.lower() == "id"), None)
    rest = {name: sent for name, sent in record.items() if name.lower() != "id"}
    found = ids.normal(named) if named is not None else None
    if named is not None and found is None:
        raise invalid_reference()
    return found, rest
