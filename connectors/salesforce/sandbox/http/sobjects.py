"""`/sobjects`: one record at a time, and what describes its object."""

from dataclasses import replace

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.access import User
from connectors.salesforce.sandbox.errors import OrgError, no_record
from connectors.salesforce.sandbox.http import conditional
from connectors.salesforce.sandbox.http.describe import describe, summary
from connectors.salesforce.sandbox.http.exchange import Answer, Call
from connectors.salesforce.sandbox.http.queries import select
from connectors.salesforce.sandbox.records import Records
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.values import taken

_MISSING = "The requested resource does not exist"


def list_all(call: Call) -> Answer:
    """Every object that exists for the asker, in short."""
    user = call.user
    known = [found for found in call.org.schema.objects.values() if user.knows(found) and not found.virtual]
    objects = [summary(found, call.base, user) for found in known]
    return Answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


def about(call: Call) -> Answer:
    """An object, in short."""
    return Answer({"objectDescribe": summary(kind_of(call), call.base, call.user), "recentItems": []})


def describe_one(call: Call) -> Answer:
    """An object with its fields, as far as they exist for the asker."""
    kind, user = kind_of(call), call.user
    fields = [field for field in kind.fields.values() if _known(call, user, kind, field)]
    return Answer(describe(call.org.schema, kind, call.base, fields, user))


def create(call: Call) -> Answer:
    """A new record."""
    kind, payload = kind_of(call), call.request.record()
    _only_in_the_address(payload, "Id")
    record_id = call.records.create(kind, payload)
    return Answer({"id": record_id, "success": True, "errors": []}, status=201, headers=_located(call, kind, record_id))


def read(call: Call) -> Answer:
    """A record, all of it or `?fields=`."""
    kind = kind_of(call)
    record_id = id_of(kind, call.params["id"])
    user = call.user
    wanted = call.request.query.get("fields")
    names = (
        wanted.split(",")
        if wanted
        else [field.name for field in kind.fields.values() if _known(call, user, kind, field)]
    )
    if "id" not in {name.strip().lower() for name in names}:
        names.append("Id")
    text = f"SELECT {', '.join(names)} FROM {kind.name} WHERE Id = '{record_id}'"  # noqa: S608 (SOQL, parsed before it runs)
    records, _ = select(call, text, deleted_too=False).page(0, 1)
    if not records:
        raise OrgError("NOT_FOUND", _MISSING)
    return conditional.read(call, kind, record_id, records[0])


def update(call: Call) -> Answer:
    """Changes a record."""
    kind, payload = kind_of(call), call.request.record()
    record_id = id_of(kind, call.params["id"])
    _only_in_the_address(payload, "Id")
    conditional.check(call, kind, record_id)
    call.records.update(kind, record_id, payload)
    return Answer(status=204)


def delete(call: Call) -> Answer:
    """Deletes a record."""
    kind = kind_of(call)
    call.records.delete(kind, id_of(kind, call.params["id"]))
    return Answer(status=204)


def read_by_key(call: Call) -> Answer:
    """A record, named by an external id."""
    kind = kind_of(call)
    record_id = _by_key(call, kind, key_field(kind, call.params["field"]), call.params["value"])
    if record_id is None:
        raise OrgError("NOT_FOUND", _MISSING)
    return read(replace(call, params={"kind": kind.name, "id": record_id}))


def upsert(call: Call) -> Answer:
    """Changes the record that an external id names, or creates it."""
    kind = kind_of(call)
    key, payload = key_field(kind, call.params["field"]), call.request.record()
    _only_in_the_address(payload, "Id", key.name)
    record_id, created = upsert_record(call, kind, key, call.params["value"], payload, writes=call.records)
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    headers = _located(call, kind, record_id) if created else {}
    return Answer(body, status=201 if created else 200, headers=headers)


def delete_by_key(call: Call) -> Answer:
    """Deletes the record that an external id names."""
    kind = kind_of(call)
    record_id = _by_key(call, kind, key_field(kind, call.params["field"]), call.params["value"])
    if record_id is None:
        raise OrgError("NOT_FOUND", _MISSING)
    call.records.delete(kind, record_id)
    return Answer(status=204)


def upsert_record(
    call: Call, kind: ObjectType, key: Field, value: object, payload: dict[str, object], *, writes: Records
) -> tuple[str, bool]:
    """Changes or creates by an external id; returns the record's id and whether it is new.

    An empty external id is none, and refused; an empty `Id` asks for a new record.
    """
    rest = {name: sent for name, sent in payload.items() if name.lower() != key.name.lower()}
    named = value is not None and value != ""
    if not named and key.name != "Id":
        raise OrgError("MISSING_ARGUMENT", f"{key.name} not specified", fields=[])
    record_id = _by_key(call, kind, key, value) if named else None
    if record_id is None:
        return writes.create(kind, rest | ({} if key.name == "Id" else {key.name: value})), True
    writes.update(kind, record_id, rest)
    return record_id, False


def kind_of(call: Call) -> ObjectType:
    """The object in the path."""
    found = call.org.schema.find(call.params["kind"])
    if found is None or not call.user.knows(found):
        raise OrgError("NOT_FOUND", _MISSING)
    return found


def id_of(kind: ObjectType, text: str) -> str:
    """The id in the path, in its long form; refuses one of another object."""
    found = ids.normal(text)
    if found is None or (kind.prefix and found[: len(kind.prefix)] != kind.prefix):
        raise OrgError("NOT_FOUND", no_record(text).message) if found is None else OrgError("NOT_FOUND", _MISSING)
    return found


def key_field(kind: ObjectType, name: str) -> Field:
    """The external id field of that name."""
    field = kind.field(name)
    if field is None or not (field.external or field.name == "Id"):
        raise OrgError("NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + name)
    return field


def _only_in_the_address(payload: dict[str, object], *names: str) -> None:
    """Refuses a record that repeats what names it (REST API Developer Guide, sObject Basic Information)."""
    for name in names:
        if name.lower() in {sent.lower() for sent in payload}:
            raise OrgError("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")


def _located(call: Call, kind: ObjectType, record_id: str) -> dict[str, str]:
    return {"Location": f"{call.base}/sobjects/{kind.name}/{record_id}"}


def _by_key(call: Call, kind: ObjectType, field: Field, value: object) -> str | None:
    if field.name == "Id":
        return id_of(kind, str(value))
    found = call.org.store.find(kind, **{field.name: taken(call.org.schema, field, value)})
    return str(found[0]["Id"]) if found else None


def _known(call: Call, user: User, kind: ObjectType, field: Field) -> bool:
    return field.since <= call.version and not field.tooling and user.reads(kind, field)
