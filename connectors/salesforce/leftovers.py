"""What accounts that were retired still hold: whatever would come back with them, were they ever activated again."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.mapping import identifier
from connectors.salesforce.reading import read
from connectors.salesforce.soql import Query, select
from connectors.salesforce.words import (
    ACCOUNT_SHARE,
    ACCOUNT_TEAM_ROLE,
    CASE_SHARE,
    CASE_TEAM_ROLE,
    GROUP,
    HELD_BY,
    MANUAL,
    PERMISSION_SET,
    PERMISSION_SET_LICENSE,
    USER_ROLE,
)

_WORDS: Mapping[str, str] = {
    PERMISSION_SET: "assignment",
    PERMISSION_SET_LICENSE: "permission set licence",
    GROUP: "group or queue membership",
    CASE_SHARE: "share of a case",
    ACCOUNT_SHARE: "share of an account",
    CASE_TEAM_ROLE: "place in a case team",
    ACCOUNT_TEAM_ROLE: "place in an account team",
    USER_ROLE: "place in the role hierarchy",
}
_ALSO: Mapping[str, str] = {
    PERMISSION_SET: "(PermissionSet.IsOwnedByProfile = false OR PermissionSetGroupId != null)",
    GROUP: "Group.Type IN ('Regular','Queue')",
    CASE_SHARE: f"RowCause = '{MANUAL}'",
    ACCOUNT_SHARE: f"RowCause = '{MANUAL}'",
    # The role of a portal user is part of its account, and goes with nobody.
    USER_ROLE: "UserRoleId != null AND ContactId = null",
}
_ABSENT = "INVALID_TYPE"


def leftovers(client: Client, accounts: Mapping[str, str]) -> list[str]:
    """What the given accounts (names by id) still hold, or what cannot be read of it, a sentence each.

    A kind that the org does not have is nothing; one that could not be read is said.
    """
    if not accounts:
        return []
    found: dict[str, dict[str, int]] = {}
    said: list[str] = []
    for reading in read(client, list(_queries(sorted(accounts)))):
        if reading.fault is not None and reading.fault.code == _ABSENT:
            continue
        if reading.gap is not None:
            said.append(reading.gap)
        kind = reading.query.topic
        for row in reading.rows:
            of = found.setdefault(identifier(row, HELD_BY[_kind(kind)].account), {})
            of[kind] = of.get(kind, 0) + 1
    for account, kinds in sorted(found.items()):
        parts = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in sorted(kinds.items()))
        said.append(f"{accounts.get(account, account)} has been deactivated and still holds {parts}")
    return said


def _queries(accounts: Sequence[str]) -> Iterator[Query]:
    for kind, word in _WORDS.items():
        held = HELD_BY[kind]
        for ids in soql.chunks(accounts):
            where = " AND ".join([soql.one_of(held.account, ids), *([_ALSO[kind]] if kind in _ALSO else ())])
            fields = "Id" if held.account == "Id" else f"Id,{held.account}"
            yield Query(word, select(fields, held.entity, where))


def _kind(word: str) -> str:
    return next(kind for kind, one in _WORDS.items() if one == word)
