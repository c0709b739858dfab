"""Rights that no binding of guestlist's gives or takes away, each with the path by which somebody has it, pure.

Profiles, organisation-wide defaults, sharing rules, ownership and everything else that makes share rows which the org
alone writes (Salesforce, "Record-Level Access: Under the Hood"). Access to a record means nothing to somebody whose
permissions do not reach the object, so a path is reported only for accounts that have both.

One binding for each kind and path, however many records it reaches.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.salesforce import queries, words
from connectors.salesforce.mapping import Row, identifier, native, optional, text
from connectors.salesforce.permitted import PermissionSet, verbs
from connectors.salesforce.vocabulary import READ
from reconciler.errors import Unreadable
from reconciler.model import BindingKey, LiveBinding, Native

PROFILE_ACCESS = "profileAccess"
"""What a profile allows by itself on an object."""
PROFILE_RISK = "profileRisk"
"""What a profile allows by itself that nobody may hold standing."""
ORG_DEFAULT = "organizationDefault"
OWNERSHIP = "ownership"
SHARING_RULE = "sharingRule"
OTHER_SHARE = "otherShare"

_CAUSES = {"Owner": OWNERSHIP, "Rule": SHARING_RULE, "GuestRule": SHARING_RULE}
_FIELDS = {"Case": "DefaultCaseAccess", "Account": "DefaultAccountAccess"}
_OPEN = {
    "Read": "read",
    "Edit": "read and edit",
    "ReadEditTransfer": "read, edit and transfer",
    "All": "do anything with",
}
SHARED = ("Case", "Account")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Organisation-wide defaults: what everybody may see of every record, whoever owns it."""

    levels: Mapping[str, str]
    opportunities: str

    @property
    def everybody(self) -> Mapping[str, str]:
        """The level that everybody has on all cases and opportunities."""
        return {"cases": self.levels.get("Case", ""), "opportunities": self.opportunities}

    def open_to(self, kind: str) -> str:
        """What everybody may do with every record of an object, in words; empty where it is private."""
        level = self.levels.get(kind, "")
        return "" if level in {"", "None", "Private"} else _OPEN.get(level, f"reach ({level})")


def defaults(row: Row) -> Defaults:
    """The Organization row."""
    return Defaults(
        {kind: text(row, name) for kind, name in _FIELDS.items()}, optional(row, "DefaultOpportunityAccess") or "None"
    )


def of_profile(held: PermissionSet) -> Iterator[tuple[Native, str]]:
    """What a profile allows by itself: with cases anything, with accounts more than read, and what is high."""
    for kind in SHARED:
        rights = held.allows(kind)
        if rights and (kind == "Case" or rights != {READ}):
            why = (
                f"the {held.words} itself lets whoever is on it {verbs(rights)} {kind} records that are shared with "
                "them, without an assignment that ends; take that out of the profile, or move the account to another"
            )
            yield native(PROFILE_ACCESS, kind), why
    high = sorted({risk.flag for risk in held.risks() if risk.high})
    if high:
        why = (
            f"the {held.words} itself allows {', '.join(high)}; take that out of the profile, or move the account to "
            "another"
        )
        yield native(PROFILE_RISK, held.native.name), why


def outside(profile: str) -> tuple[Native, str]:
    """A profile that vendors may not have: a user always has one, so it can only be changed for another."""
    why = f"the profile {profile} is not one that vendors may have; move the account to another in Setup"
    return native(words.PROFILE, profile), why


def by_default(sets: Iterable[PermissionSet], said: Defaults) -> Iterator[tuple[Native, str]]:
    """What the holder of these permission sets sees because everybody does."""
    sets = tuple(sets)
    for kind in SHARED:
        open_to = said.open_to(kind)
        reader = next((one for one in sets if one.reads(kind)), None)
        if open_to and reader is not None:
            why = (
                f"by organisation-wide default everybody who reads {kind}, as this account does by the {reader.words}, "
                f"may {open_to} every one; make the default Private in Setup"
            )
            yield native(ORG_DEFAULT, kind), why


@dataclass(frozen=True, slots=True)
class Way:
    """Why a user or group reaches records of an object: a counted share row that the org alone writes."""

    kind: str
    holder: str
    cause: str


def way(kind: str, row: Row) -> Way:
    """One row of `queries.standing`."""
    return Way(kind, identifier(row, "UserOrGroupId"), text(row, "RowCause"))


def by_sharing(
    account: str, sets: Iterable[PermissionSet], groups: Mapping[str, str], ways: Mapping[str, Sequence[Way]]
) -> Iterator[tuple[Native, str]]:
    """What an account reaches by such rows; `groups` has the paths to its groups, `ways` the rows by holder."""
    sets = tuple(sets)
    seen: set[tuple[str, str]] = set()
    for holder, path in {account: "", **groups}.items():
        for one in ways.get(holder, ()):
            reader = next((some for some in sets if some.reads(one.kind)), None)
            named = _CAUSES.get(one.cause, OTHER_SHARE)
            if reader is None or (named, one.kind) in seen:
                continue
            seen.add((named, one.kind))
            yield native(named, one.kind), _because(one, named, path, reader)


def _because(one: Way, named: str, path: str, reader: PermissionSet) -> str:
    whom = f"through {path}" if path else "itself"
    if named == OWNERSHIP:
        what, then = f"{whom} it owns {one.kind} records", "give them to another owner"
    elif named == SHARING_RULE:
        what, then = f"a sharing rule gives {one.kind} records to it, {whom}", "change the rule in Setup"
    else:
        what, then = f"{one.kind} records are shared with it, {whom}, by the cause {one.cause}", "see Setup"
    return f"{what}, and the {reader.words} lets it read them; {then}"


def share_defaults(rows: Sequence[Row]) -> Defaults:
    """The one Organization row among the answer's; Unreadable when there is not exactly one."""
    if len(rows) != 1:
        raise Unreadable(f"reading {queries.DEFAULTS}: the org does not say them")
    return defaults(rows[0])


def left(
    account: str, found: Iterable[tuple[Native, str]], brought_by: frozenset[Native] = frozenset()
) -> Iterator[LiveBinding]:
    """The bindings that these rights are on an account; what brings them along is its profile, or nothing named."""
    for name, why in found:
        yield LiveBinding(BindingKey(account, name), unremovable=why, brought_by=brought_by)
