"""`UserRecordAccess`: what a user may do with records, worked out when it is asked for.

Object reference, UserRecordAccess: one user and up to 200 records; records that the asker does not see are left out;
and who filters by a level may select the record only. Whether object permissions count there besides sharing is not
written; here they do.
"""

from collections.abc import Iterator, Sequence

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.access.user import User
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.store import DELETED, Row

MOST = 200
_KINDS = frozenset({"Account", "Case", "Contact"})
_LEVELS = ("Read", "Edit", "Delete", "Transfer", "All")


def prepare(org: Org, asker: User, query: ast.Query) -> None:
    """Fills `UserRecordAccess` with what a statement on it asks for; other statements are left alone.

    Raises:
        OrgError: It does not say which user and which records, or names too many.
    """
    if [part.lower() for part in query.source.parts] != ["userrecordaccess"]:
        return
    tests = dict(_tests(query.where))
    users, records = tests.pop("userid", ()), tests.pop("recordid", ())
    if len(users) != 1 or not records:
        raise OrgError("MALFORMED_QUERY", "UserRecordAccess is queried by one UserId and by RecordId")
    if len(records) > MOST:
        raise OrgError("MALFORMED_QUERY", f"UserRecordAccess is queried for at most {MOST} records")
    if tests and {name.lower() for name in _selected(query)} - {"recordid"}:
        raise OrgError("MALFORMED_QUERY", "A query of UserRecordAccess that filters by a level selects RecordId only")
    kind = org.schema["UserRecordAccess"]
    org.store.execute(f'DELETE FROM "{kind.name}"')  # noqa: S608 (the name is the object's)
    rows = list(_rows(org, asker, str(users[0]), records))
    if rows:
        org.add_all(kind.name, rows)


def _tests(condition: ast.Condition | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    match condition:
        case ast.Junction("AND", parts):
            for part in parts:
                yield from _tests(part)
        case ast.Comparison(ast.Path() as path, "=", value):
            yield path.parts[-1].lower(), (value.text,)
        case ast.Membership(ast.Path() as path, "IN", values, None, _):
            yield path.parts[-1].lower(), tuple(value.text for value in values)
        case None:
            return
        case _:
            raise OrgError("MALFORMED_QUERY", "UserRecordAccess is queried by =, IN and AND only")


def _selected(query: ast.Query) -> Iterator[str]:
    for item in query.items:
        if isinstance(item, ast.Selected) and isinstance(item.operand, ast.Path):
            yield item.operand.parts[-1]


def _rows(org: Org, asker: User, user_text: str, records: Sequence[str]) -> Iterator[Row]:
    user_id = ids.normal(user_text)
    if user_id is None or org.store.deleted(org.schema["User"], user_id) is not False:
        return
    user = User(org, user_id)
    for record_id in dict.fromkeys(found for text in records if (found := ids.normal(text))):
        kind = org.schema.of_id(record_id)
        row = org.store.get(kind, record_id) if kind and kind.name in _KINDS else None
        if kind is None or row is None or row[DELETED] or not (asker.knows(kind) and asker.sees(kind, row)):
            continue
        full = user.reaches(kind, row, "delete")
        has = {
            "Read": user.has_object(kind, "read") and user.reaches(kind, row, "read"),
            "Edit": user.has_object(kind, "edit") and user.reaches(kind, row, "edit"),
            "Delete": full and user.has_object(kind, "delete"),
            "Transfer": full and user.has_object(kind, "edit"),
        }
        has["All"] = all(has.values())
        highest = next((level for level in reversed(_LEVELS) if has[level]), "None")
        flags: Row = {f"Has{level}Access": int(has[level]) for level in _LEVELS}
        yield {**flags, "UserId": user_id, "RecordId": record_id, "MaxAccessLevel": highest}
