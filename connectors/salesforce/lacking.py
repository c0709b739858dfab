"""What an org does not have, and what it does not show: the first is noted once, the second is doubt.

Salesforce leaves out rows that the asker may not see and says nothing about it, so an answer counts only as far as our
own permissions reach (Salesforce object reference, "Special Access Rules" of each object; CaseShare: "only users with
access to the Case object can access this object"). It also answers alike for an object that is not there and for one
that we may not see: what tells teams that are not switched on from teams that are hidden is whether we see the shares
of the same records.
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.salesforce import queries, unremovable
from connectors.salesforce.observing import ABSENT, Found
from connectors.salesforce.reading import Reading

NO_OBJECT = "INVALID_TYPE"
_TEAMS = {topic: kind for kind, topic in queries.TEAMS.items()}
_ALSO = {queries.CASE_TEAM_ROLES: "Case"}
_NEEDED: Mapping[tuple[str, ...], str] = {
    ("ViewSetup",): "permission sets and who holds them",
    ("ViewAllUsers", "ManageUsers"): "all users",
    ("ManageUsers",): "roles, frozen users and sessions",
    ("CustomizeApplication",): "the OAuth tokens of others",
}
_LABELS = {
    "ViewSetup": "View Setup and Configuration",
    "ViewAllUsers": "View All Users",
    "ManageUsers": "Manage Users",
    "CustomizeApplication": "Customize Application",
}


def lacks(found: Found, reading: Reading, beside: Sequence[Reading]) -> bool:
    """Whether an answer says that the org has no such thing; that is noted, once.

    `beside` are the answers of the same batch; without them, what was answered before counts.
    """
    kind = _TEAMS.get(reading.query.topic) or _ALSO.get(reading.query.topic)
    if kind is None or reading.fault is None or reading.fault.code != NO_OBJECT:
        return False
    shares = queries.SHARED[kind]
    seen = shares in found.answered or any(one.query.topic == shares and one.error is None for one in beside)
    if seen:
        found.absent.add(queries.TEAMS[kind])
        found.notes.append(ABSENT[kind])
    return seen


def blind(found: Found) -> Iterator[str]:
    """Why answers may lack rows that we are not allowed to see, by the permission sets that we hold ourselves."""
    own = [one for id_, one in found.sets.by_id.items() if id_ in found.own_sets and not one.activated]
    checked = frozenset().union(*(one.checked for one in own))
    for names, what in _NEEDED.items():
        if not any(f"Permissions{name}" in checked for name in names):
            labels = " or ".join(_LABELS[name] for name in names)
            yield f"reading {what}: our user does not see all; it needs {labels} (`guestlist doctor`)"
    for kind in unremovable.SHARED:
        if not any(one.sees_all(kind) for one in own):
            yield (
                f"reading {queries.SHARED[kind]}: our user sees only those of records that it sees; it needs View All "
                f"on {kind} (`guestlist doctor`)"
            )
