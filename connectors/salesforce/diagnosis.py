"""What the doctor says of an org: who we are there, what we may do, and what the org cannot."""

from collections.abc import Iterator
from datetime import datetime

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.declarations import Population
from connectors.salesforce.mapping import carries_end, flag, text, user
from connectors.salesforce.reading import Reading, read, whole
from connectors.salesforce.rights import DEFINING, NEEDED, OBJECTS, OWN_RIGHTS, TOO_MUCH, of_mode, own_objects
from connectors.salesforce.soql import Query
from connectors.salesforce.vocabulary import OBJECT_FLAGS
from reconciler.errors import TargetError
from reconciler.ports import Finding

MOST_SKEW = 120.0
"""Seconds between the org's clock and ours, past which the target is held (two minutes, by design)."""
NEARLY_USED = 0.8

BLIND = (
    "sharing of custom objects, and of standard objects other than Account and Case",
    "folders of reports, dashboards and documents",
    "licences of managed packages",
    "sales territories, except where they leave share rows on cases and accounts",
    "delegated administration groups (metadata only), which may let somebody log in as others",
    "sharing sets of portals, which leave no share rows, and sharing rules whose rows the org does not keep",
    "steps of approval processes that are assigned to queues, managers or by a field",
    "fields that no field permission can hide, and what formulas, reports and page layouts show of others",
)
"""Ways in that are not read; also in docs/connectors.md."""
ENDLESS = (
    "groups, queues, shares, teams, roles and licences have no end in the org: shares and teams are inert without a "
    "permission set whose assignment ends, the others stay until guestlist runs"
)


def diagnose(client: Client, population: Population, now: datetime, *, writes: bool = True) -> Iterator[Finding]:
    """Look at one org, which guestlist also writes to or not; every trouble is a finding, none is raised."""
    who = soql.selected(population)
    counts = {
        "accounts in the population": f"FROM User WHERE {who}",
        "permission sets": "FROM PermissionSet WHERE IsOwnedByProfile = false",
        "public groups and queues": f"FROM Group WHERE Type IN {soql.MEMBER_TYPES}",
    }
    try:
        own = client.token.user
        queries = [
            soql.users(soql.one_of("Id", [own])),
            OWN_RIGHTS,
            soql.DESCRIBED_ASSIGNMENT,
            own_objects(own),
            *(Query(topic, f"SELECT COUNT() {rest}", keyed=False) for topic, rest in counts.items()),
        ]
        # COUNT() answers with totalSize and no records, which the reader would rightly call incomplete.
        readings = read(client, queries[:4])
        totals = client.batch([query.path for query in queries[4:]], "counting")
        skew = (client.clock - now).total_seconds()
    except TargetError as error:
        yield Finding("connection", ok=False, text=str(error))
        return
    yield Finding("connection", ok=True, text=f"{client.url} answers; it is the org {client.token.org}")
    yield _identity(readings[0])
    yield from _rights(readings[1], readings[3], writes=writes)
    yield _expiry(readings[2])
    yield _clock(skew)
    yield from _usage(client)
    for topic, total in zip(counts, totals, strict=True):
        found = total.get("totalSize") if isinstance(total, dict) else None
        yield Finding(
            topic, ok=None if isinstance(found, int) else False, text=f"{'unknown' if found is None else found}"
        )
    yield Finding("without an end", ok=None, text=ENDLESS)
    yield Finding("not read", ok=None, text="; ".join(BLIND))


def _identity(reading: Reading) -> Finding:
    try:
        someone = user(reading.rows[0]) if reading.rows else None
    except TargetError as error:
        return Finding("identity", ok=False, text=str(error))
    if someone is None:
        return Finding(
            "identity", ok=False, text=reading.gap or "our own user is not visible to us; see View All Users"
        )
    return Finding("identity", ok=None, text=f"we are {someone.username}, profile {someone.profile or 'none'}")


def _rights(reading: Reading, objects: Reading, *, writes: bool) -> Iterator[Finding]:
    if reading.error is not None or len(reading.rows) != 1:
        yield Finding("rights", ok=False, text=reading.gap or "the org does not say what our user may do")
        return
    has = reading.rows[0]
    needed = of_mode(NEEDED, writes=writes)
    missing = [f"{right.label}, needed for {right.purpose}" for right in needed if has.get(right.field) is not True]
    missing += _missing_objects(objects, writes=writes)
    for lack in missing:
        yield Finding("rights", ok=False, text=f"our user lacks {lack}")
    for right in of_mode(DEFINING, writes=writes):
        if has.get(right.field) is not True:
            yield Finding("rights", ok=None, text=f"our user lacks {right.label}; only {right.purpose} needs it")
    if not missing:
        yield Finding("rights", ok=True, text="our user may do everything that guestlist does")
    for right in TOO_MUCH:
        if has.get(right.field) is True:
            yield Finding("rights", ok=False, text=f"our user has {right.label}, which is too much: {right.purpose}")


def _missing_objects(reading: Reading, *, writes: bool) -> list[str]:
    held: dict[str, set[str]] = {}
    try:
        for row in whole([reading]):
            some = held.setdefault(text(row, "SobjectType"), set())
            some |= {right for right in OBJECT_FLAGS if flag(row, right)}
    except TargetError as error:
        return [f"what it takes to be sure of its object permissions: {error}"]
    return [
        f"{right.label}, needed for {right.purpose}"
        for right in of_mode(OBJECTS, writes=writes)
        if not right.rights <= held.get(right.name, set())
    ]


def _expiry(reading: Reading) -> Finding:
    try:
        if carries_end(next(whole([reading]))):
            return Finding("native expiry", ok=True, text="assignments end in the org itself")
    except TargetError as error:
        return Finding("native expiry", ok=False, text=f"unknown: {error}")
    return Finding(
        "native expiry",
        ok=False,
        text="off, so access ends only when guestlist runs; in Setup, User Management Settings, switch on "
        "Permission Set & Permission Set Group Assignments with Expiration Dates",
    )


def _clock(skew: float) -> Finding:
    close = abs(skew) <= MOST_SKEW
    text = f"the org's clock is {abs(skew):.0f} s {'ahead of' if skew >= 0 else 'behind'} ours"
    return Finding("clock", ok=close, text=text if close else f"{text}; past two minutes the target is held")


def _usage(client: Client) -> Iterator[Finding]:
    usage = client.usage
    if usage is not None:
        text = f"{usage.used} of {usage.limit} in 24 hours"
        yield Finding("API calls", ok=None if usage.used < NEARLY_USED * usage.limit else False, text=text)
