"""How far a share reaches, pure: which levels a native's name says, what they are made of, which fields hold them.

One AccountShare or AccountTeamMember row says what its user may do with the account, with its cases and with its
opportunities; the name of its native says all of it: `Read`, `Read, cases Edit`, `Support, account Edit`. There is one
such row by hand for each user and record, so what several grants ask of one record is one row that gives all of it.

What a new row says (Salesforce object reference, AccountShare): the account's level and the opportunities' are asked
for, no level may be below the organisation-wide default, and ContactAccessLevel is left out: it is not for the API to
write where contacts are controlled by their account, and gives nothing by itself where they are not.
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_accountshare.htm
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from connectors.salesforce.words import ACCOUNT_SHARE, CASE_SHARE, EDIT, READ
from reconciler.model import Native

NO_ACCESS = "None"
SHARES = frozenset({CASE_SHARE, ACCOUNT_SHARE})
"""Kinds of native whose rows are wider or narrower, and nothing else."""

_LEVELS = ("", READ, EDIT)
_RANK: Mapping[str, int] = {"": 0, NO_ACCESS: 0, "Private": 0, READ: 1, EDIT: 2, "ReadEditTransfer": 2, "All": 3}
BESIDES: Mapping[str, str] = {"cases": "CaseAccessLevel", "opportunities": "OpportunityAccessLevel"}
"""What else an account's row may reach, and the field that says how."""
_OBJECTS: Mapping[str, str] = {CASE_SHARE: "CaseAccessLevel", ACCOUNT_SHARE: "AccountAccessLevel"}
_SHARE = re.compile(r"(?P<own>\w+)(?:, cases (?P<cases>\w+))?(?:, opportunities (?P<opportunities>\w+))?")


def rank(level: str) -> int:
    """How far a level reaches; one that is not known reaches furthest."""
    return _RANK.get(level, len(_RANK))


def named(own: str, levels: Mapping[str, str], everybody: Mapping[str, str]) -> str:
    """A native's name that says what is reached besides, as far as it is beyond what everybody has.

    `levels` and `everybody` are levels by `cases` and `opportunities`.
    """
    name = own
    for word in BESIDES:
        given = levels.get(word, "")
        if rank(given) > rank(everybody.get(word, "")):
            name = f"{name}, {word} {given}"
    return name


def account_share(own: str, cases: str = "") -> Native:
    """The share that gives these levels on an account and on its cases."""
    return Native(ACCOUNT_SHARE, named(own, {"cases": cases}, {}))


def reaches_cases(native: Native) -> bool:
    """Whether an account's share gives its cases too."""
    said = _SHARE.fullmatch(native.name)
    return native.kind == ACCOUNT_SHARE and said is not None and bool(said["cases"])


def parts(native: Native) -> frozenset[Native]:
    """What a share is made of, each level with those below it: a share includes whatever is made of some of its parts.

    Anything else, and a level that nobody declares, is made of itself.
    """
    said = _SHARE.fullmatch(native.name) if native.kind in SHARES else None
    if said is None:
        return frozenset({native})
    return frozenset(Native(native.kind, part) for part in _parts(said.groupdict()))


def joined(natives: Iterable[Native]) -> dict[str, str]:
    """The least level of each field that gives all of these shares, which are of one kind."""
    fields: dict[str, str] = {}
    for native in natives:
        said = _SHARE.fullmatch(native.name)
        for word, level in (said.groupdict() if said else {"own": native.name}).items():
            name = BESIDES.get(word) or _OBJECTS[native.kind]
            if level is not None and rank(level) > rank(fields.get(name, "")):
                fields[name] = level
    return fields


def written(native: Native, everybody: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """The levels that a new row says: what it is to give, and of the rest what everybody has, which may be nothing."""
    if native.kind == CASE_SHARE:
        return dict(fields)
    least = {name: _writable(everybody.get(word, "")) for word, name in BESIDES.items()}
    return {**least, **{name: level for name, level in fields.items() if rank(level) > rank(least.get(name, ""))}}


def _writable(default: str) -> str:
    """A level that a row may say, for what everybody has."""
    return {0: NO_ACCESS, 1: READ}.get(rank(default), EDIT)


def _parts(said: Mapping[str, str | None]) -> Iterator[str]:
    for word, level in said.items():
        prefix = "" if word == "own" else f"{word} "
        if level in _LEVELS:
            yield from (f"{prefix}{one}" for one in _LEVELS[1 : rank(str(level)) + 1])
        elif level is not None:
            yield f"{prefix}{level}"
