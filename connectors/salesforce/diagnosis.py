"""What the doctor says of an org: who we are there, what we may do, and what the org cannot."""

from collections.abc import Iterator
from datetime import datetime

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.declarations import Population
from connectors.salesforce.mapping import carries_end, user
from connectors.salesforce.reading import Reading, read, whole
from connectors.salesforce.rights import NEEDED, OWN_RIGHTS, TOO_MUCH
from connectors.salesforce.soql import Query
from reconciler.errors import TargetError
from reconciler.ports import Finding

MOST_SKEW = 120.0
"""Seconds between the org's clock and ours, past which the target is held (two minutes, by design)."""
NEARLY_USED = 0.8


def diagnose(client: Client, population: Population, now: datetime) -> Iterator[Finding]:
    """Look at one org; every trouble is a finding, none is raised."""
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
            *(Query(topic, f"SELECT COUNT() {rest}", keyed=False) for topic, rest in counts.items()),
        ]
        # COUNT() answers with totalSize and no records, which the reader would rightly call incomplete.
        readings = read(client, queries[:3])
        totals = client.batch([query.path for query in queries[3:]], "counting")
        skew = (client.clock - now).total_seconds()
    except TargetError as error:
        yield Finding("connection", ok=False, text=str(error))
        return
    yield Finding("connection", ok=True, text=f"{client.url} answers; it is the org {client.token.org}")
    yield _identity(readings[0])
    yield from _rights(readings[1])
    yield _expiry(readings[2])
    yield _clock(skew)
    yield from _usage(client)
    for topic, total in zip(counts, totals, strict=True):
        found = total.get("totalSize") if isinstance(total, dict) else None
        yield Finding(
            topic, ok=None if isinstance(found, int) else False, text=f"{'unknown' if found is None else found}"
        )


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


def _rights(reading: Reading) -> Iterator[Finding]:
    if reading.error is not None or len(reading.rows) != 1:
        yield Finding("rights", ok=False, text=reading.gap or "the org does not say what our user may do")
        return
    has = reading.rows[0]
    missing = [right for right in NEEDED if has.get(right.field) is not True]
    for right in missing:
        yield Finding("rights", ok=False, text=f"our user lacks {right.label}, needed for {right.purpose}")
    if not missing:
        yield Finding("rights", ok=True, text="our user may do everything that guestlist does")
    for right in TOO_MUCH:
        if has.get(right.field) is True:
            yield Finding("rights", ok=False, text=f"our user has {right.label}, which is too much: {right.purpose}")


def _expiry(reading: Reading) -> Finding:
    try:
        if carries_end(next(whole([reading]))):
            return Finding("native expiry", ok=True, text="assignments end in the org itself; groups and queues cannot")
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
