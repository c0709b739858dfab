"""From a request's JSON to what is stored, and back, by the type of the field."""

import json
import re
from datetime import UTC, date, datetime

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.clock import whole
from connectors.salesforce.sandbox.errors import OrgError, bad_value
from connectors.salesforce.sandbox.schema import Field, Schema
from connectors.salesforce.sandbox.store import Value

_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_JSON_KINDS = {
    bool: "VALUE_TRUE",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    dict: "START_OBJECT",
    list: "START_ARRAY",
}


def taken(schema: Schema, field: Field, value: object) -> Value:  # noqa: PLR0911 (one return per type)
    """The stored form of a value that a client sent; empty text is null.

    Raises:
        OrgError: The value does not fit the field.
    """
    if value is None or value == "":
        return 0 if field.type == "boolean" and value is None else None
    if field.type == "boolean":
        return _boolean(field, value)
    if field.is_number:
        return _number(field, value)
    if isinstance(value, bool | dict | list):
        raise _undeserializable(field, value)
    text = value if isinstance(value, str) else str(value)
    if field.is_id:
        return _reference(schema, field, text)
    if field.type == "datetime":
        return _instant(field, text)
    if field.type == "date":
        return _date(field, text)
    return _text(field, text)


def given(field: Field, value: Value) -> object:
    """What an answer says for a stored value."""
    if field.type == "boolean":
        return bool(value)
    if value is None or field.blank:
        return None
    if field.type == "datetime":
        return str(value).removesuffix("Z") + "+0000"
    return json.loads(str(value)) if field.type == "complexvalue" else value


def parse_instant(text: str) -> datetime | None:
    """An instant as clients write it, offset or none (then UTC), or None if it is no such thing."""
    found = _DATETIME.fullmatch(text)
    if not found:
        return None
    try:
        instant = datetime.fromisoformat(found[1])
        zone = (found[2] or "Z").replace("Z", "+00:00")
        return instant.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo or UTC)
    except ValueError:
        return None


def _boolean(field: Field, value: object) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return int(value.lower() in {"true", "1"})
    raise _undeserializable(field, value)


def _number(field: Field, value: object) -> int | float:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise _undeserializable(field, value)
    return int(number) if field.type == "int" else number


def _reference(schema: Schema, field: Field, text: str) -> str:
    found = ids.normal(text)
    kind = schema.of_id(found) if found else None
    if found is None or kind is None or (field.targets and kind.name not in field.targets):
        label = field.name.removesuffix("Id") + " ID"
        raise OrgError("MALFORMED_ID", f"{label}: id value of incorrect type: {text}", fields=[field.name])
    return found


def _instant(field: Field, text: str) -> str:
    instant = parse_instant(text) or parse_instant(text + "T00:00:00Z")
    if instant is None:
        raise _undeserializable(field, text)
    return whole(instant)


def _date(field: Field, text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise _undeserializable(field, text) from None


def _text(field: Field, text: str) -> str:
    if field.length and len(text) > field.length:
        shown = text[:_SHOWN]
        raise OrgError(
            "STRING_TOO_LONG",
            f"{field.name}: data value too large: {shown} (max length={field.length})",
            fields=[field.name],
        )
    chosen = text.split(";") if field.type == "multipicklist" else [text]
    if field.values and not {one.lower() for one in chosen} <= {one.lower() for one in field.values}:
        raise bad_value(field.name, text)
    if field.type == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise OrgError("INVALID_EMAIL_ADDRESS", f"{field.name}: invalid email address: {text}", fields=[field.name])
    return text


_SHOWN = 255


def _undeserializable(field: Field, value: object) -> OrgError:
    kind = {"int": "int", "double": "double", "currency": "double"}.get(field.type, field.type)
    token = _JSON_KINDS.get(type(value), "VALUE_STRING")
    return OrgError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {token} value {value} "
        f"or request may be missing a required field at [line:1, column:1]",
    )
