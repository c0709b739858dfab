"""The org's refusals, in the shape and with the codes that Salesforce uses.

`OrgError`
├── `QueryError`   a statement that cannot be read, with the place marked by a caret
└── (itself)       everything else
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_STATUS = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "API_CURRENTLY_DISABLED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "NOT_FOUND": 404,
    "INVALID_CROSS_REFERENCE_KEY": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_RUNNING_TOO_LONG": 500,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}


class OrgError(Exception):
    """A refusal.

    Attributes:
        code: Salesforce's error code; clients key on it.
        message: Its sentence.
        fields: The fields it is about; None where the code names none.
        status: The HTTP status of an answer that consists of it.
    """

    def __init__(
        self, code: str, message: str, *, fields: Sequence[str] | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = None if fields is None else tuple(fields)
        self.status = status or _STATUS.get(code, 400)

    def rest(self) -> dict[str, object]:
        """As an item of a REST error body."""
        body: dict[str, object] = {"message": self.message, "errorCode": self.code}
        return body if self.fields is None else body | {"fields": list(self.fields)}

    def item(self) -> dict[str, object]:
        """As an error in the result of one record of a collection."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class QueryError(OrgError):
    """A query that cannot be read or run; `place` is where, as an offset into the statement."""

    def __init__(self, code: str, message: str, *, query: str, place: int) -> None:
        super().__init__(code, caret(query, place) + message)
        self.place = place


@dataclass(frozen=True, slots=True)
class OAuthError(Exception):
    """A refusal of the token endpoint: `{"error", "error_description"}`."""

    error: str
    description: str
    status: int = 400


def caret(query: str, place: int) -> str:
    """The marked excerpt that opens the message of a query error: the words around it, a caret, row and column.

    As in published answers of orgs: about forty characters to each side, and no word of them cut.
    """
    before = query[:place]
    row = before.count("\n") + 1
    column = place - (before.rfind("\n") + 1) + 1
    line = query.split("\n")[row - 1]
    start, end = max(0, column - 1 - _AROUND), min(len(line), column - 1 + _AROUND)
    while start > 0 and not line[start - 1].isspace():
        start -= 1
    while 0 < end < len(line) and not line[end - 1].isspace() and not line[end].isspace():
        end += 1
    excerpt = line[start:end] if end == len(line) else line[start:end].rstrip(", ")
    return f"\n{excerpt}\n{' ' * (column - 1 - start)}^\nERROR at Row:{row}:Column:{column}\n"


_AROUND = 40


def no_record(record_id: str) -> OrgError:
    """The refusal for an id that belongs to nothing."""
    return OrgError("NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + record_id)


def invalid_reference() -> OrgError:
    """The refusal for a record that does not exist, named as something to act on."""
    return OrgError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=())


def deleted() -> OrgError:
    """The refusal for a record that was deleted before."""
    return OrgError("ENTITY_IS_DELETED", "entity is deleted", fields=())


def not_allowed(operation: str, kind: str) -> OrgError:
    """The refusal of a write that the asker's object permissions do not allow at all; records have their own."""
    done = {"create": "inserted", "edit": "updated"}.get(operation)
    if done is None:
        return OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=())
    return OrgError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be {done}: {_label(kind)}", fields=())


def read_only() -> OrgError:
    """The refusal of a write to a record that the asker may not write, or nobody."""
    return OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=())


def out_of_reach() -> OrgError:
    """The refusal of a record that leads to another one which the asker may not have."""
    message = "insufficient access rights on cross-reference id"
    return OrgError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, fields=())


def integrity(message: str, *fields: str) -> OrgError:
    """The refusal of values that do not go together."""
    return OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=fields)


def bad_value(field: str, value: object) -> OrgError:
    """The refusal of a value that a restricted picklist does not have."""
    message = f"{field}: bad value for restricted picklist field: {value}"
    return OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=[field])


def _label(kind: str) -> str:
    """An object's name as people read it: `Case Comment`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)


_LOOK_IT_UP = "Please reference your WSDL or the describe call for the appropriate names."


def unknown_object(name: str) -> str:
    """The sentence of `INVALID_TYPE`."""
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        f"'__c' after the entity name. {_LOOK_IT_UP}"
    )


def unknown_column(name: str, kind: str) -> str:
    """The sentence of `INVALID_FIELD` in a query."""
    return (
        f"No such column '{name}' on entity '{kind}'. If you are attempting to use a custom field, be sure to append "
        f"the '__c' after the custom field name. {_LOOK_IT_UP}"
    )


def unknown_relationship(name: str, place: str) -> str:
    """The sentence for a way up or down that is not there; `place` is where it stood in the query."""
    return (
        f"Didn't understand relationship '{name}' in {place}. If you are attempting to use a custom relationship, be "
        f"sure to append the '__r' after the custom relationship name. {_LOOK_IT_UP}"
    )
