"""Which records a scope means: cases by number or by the queue that owns them, accounts by name or id, pure.

A binding is narrowed to one record. Declarations call an account by its name or its id; a live binding calls it by
whichever of them they use, and by its 18-character id where they do not speak of it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.salesforce import levels, words
from connectors.salesforce.auth import long_id
from connectors.salesforce.mapping import Row, identifier, text
from connectors.salesforce.queries import TEAMS
from connectors.salesforce.soql import Query, chunks, one_of, select
from connectors.salesforce.unremovable import Defaults
from reconciler.model import FOLLOWED, Native, Reason, ReasonCode, Scope

CASES = "cases that a scope names"
ASSIGNED = "cases that a scope follows"
ACCOUNTS = "accounts that a scope names"
TOPICS = frozenset({CASES, ASSIGNED, ACCOUNTS})

_OBJECTS = {words.CASES: "Case", words.ACCOUNTS: "Account"}


@dataclass(frozen=True)
class Asked:
    """What declarations narrow bindings to.

    Attributes:
        numbers: case numbers.
        queues: the API names of queues whose open cases are meant.
        accounts: names and ids of accounts, as declared.
    """

    numbers: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def queries(self, queues: Mapping[str, str]) -> Iterator[Query]:
        """What to ask to find them; `queues` has the ids of the org's queues by name in lower case."""
        for some in chunks(self.numbers):
            yield Query(CASES, select("Id,CaseNumber", "Case", one_of("CaseNumber", some)))
        known = [queues[name.casefold()] for name in self.queues if name.casefold() in queues]
        for some in chunks(known):
            where = f"IsClosed = false AND {one_of('OwnerId', some)}"
            yield Query(ASSIGNED, select("Id,CaseNumber,OwnerId", "Case", where))
        for some in chunks(value for value in self.accounts if not is_account_id(value)):
            yield Query(ACCOUNTS, select("Id,Name", "Account", one_of("Name", some)))
        for some in chunks(long_id(value) for value in self.accounts if is_account_id(value)):
            yield Query(ACCOUNTS, select("Id,Name", "Account", one_of("Id", some)))


def asked(scopes: Iterable[Scope]) -> Asked:
    """The records and patterns in scopes."""
    values: dict[str, set[str]] = {words.CASES: set(), words.ACCOUNTS: set()}
    for scope in scopes:
        for word, some in scope:
            values.setdefault(word, set()).update(some)
    followed = {value for value in values[words.CASES] if value.startswith(FOLLOWED)}
    return Asked(
        numbers=frozenset(values[words.CASES] - followed),
        queues=frozenset(value.removeprefix(FOLLOWED) for value in followed),
        accounts=frozenset(values[words.ACCOUNTS]),
    )


def is_account_id(value: str) -> bool:
    """Whether this can be the id of an Account; one that cannot makes the org refuse a whole query."""
    return re.fullmatch(r"001[A-Za-z0-9]{12}([A-Za-z0-9]{3})?", value) is not None


@dataclass
class Records:
    """The records that scopes mean, found.

    Attributes:
        cases: ids of cases by number.
        owned: numbers of open cases by the id of the queue that owns them.
        accounts: ids of accounts by name in lower case; several may share one.
        known: ids of accounts that exist.
    """

    cases: dict[str, str] = field(default_factory=dict)
    owned: dict[str, set[str]] = field(default_factory=dict)
    accounts: dict[str, set[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def take(self, topic: str, rows: Iterable[Row]) -> None:
        """Take in the rows of one of the queries."""
        for row in rows:
            found = identifier(row, "Id")
            if topic == ACCOUNTS:
                self.accounts.setdefault(text(row, "Name").casefold(), set()).add(found)
                self.known.add(found)
            else:
                number = text(row, "CaseNumber")
                self.cases[number] = found
                if topic == ASSIGNED:
                    self.owned.setdefault(identifier(row, "OwnerId"), set()).add(number)

    def of_account(self, value: str) -> set[str]:
        """The ids of the accounts that a declared name or id means."""
        if is_account_id(value):
            return {long_id(value)} & self.known
        return self.accounts.get(value.casefold(), set())

    def id_of(self, scope: Scope) -> str | None:
        """The id of the one record that a scope of one record means; None when there is none, or more than one."""
        match scope:
            case ((words.CASES, (number,)),):
                return self.cases.get(number)
            case ((words.ACCOUNTS, (value,)),):
                found = self.of_account(value)
                return next(iter(found)) if len(found) == 1 else None
            case _:
                return None

    def spelled(self, declared: Collection[str]) -> dict[str, str]:
        """How declarations call the accounts that they mean, by id; an id that is also named keeps its name."""
        found: dict[str, str] = {}
        for value in sorted(declared, key=lambda value: (is_account_id(value), value)):
            meant = self.of_account(value)
            if len(meant) == 1:
                found.setdefault(next(iter(meant)), value)
        return found

    def followed(self, declared: Asked, queues: Mapping[str, str]) -> dict[Scope, tuple[Scope, ...]]:
        """The cases that each pattern means now, one scope each."""
        return {
            ((words.CASES, (FOLLOWED + name,)),): tuple(
                ((words.CASES, (number,)),) for number in sorted(self.owned.get(queues[name.casefold()], ()))
            )
            for name in declared.queues
            if name.casefold() in queues
        }

    def obstacles(
        self,
        scoped: Iterable[tuple[Native, Scope]],
        queues: Mapping[str, str],
        defaults: Defaults | None,
        declared: Asked,
    ) -> Iterator[tuple[tuple[Native, Scope], Reason]]:
        """Why what is to be given within a scope cannot be, for each that cannot."""
        spelled = self.spelled(declared.accounts)
        for native, scope in scoped:
            for word, values in scope:
                open_ = None if defaults is None else _open(native, word, defaults)
                why = next(
                    (found for value in values if (found := self._missing(word, value, queues, spelled)) is not None),
                    None,
                )
                if open_ is not None:
                    kind, open_to = open_
                    why = Reason(
                        ReasonCode.UNREMOVABLE,
                        f"by organisation-wide default everybody may {open_to} every {kind}, so a scope would narrow "
                        "nothing; make the default Private in Setup",
                    )
                if why is not None:
                    yield (native, scope), why

    def _missing(self, word: str, value: str, queues: Mapping[str, str], spelled: Mapping[str, str]) -> Reason | None:
        """Why a scope's value means no record, or not exactly one."""
        why = self._no_case(value, queues) if word == words.CASES else self._no_account(value, spelled)
        return Reason(ReasonCode.CASE_MISSING, why) if why else None

    def _no_case(self, value: str, queues: Mapping[str, str]) -> str:
        if value.startswith(FOLLOWED):
            name = value.removeprefix(FOLLOWED)
            known = name.casefold() in queues
            return "" if known else f"the org has no queue {name}; assignedTo takes the API name of a queue"
        return "" if value in self.cases else f"the org has no case {value}"

    def _no_account(self, value: str, spelled: Mapping[str, str]) -> str:
        found = self.of_account(value)
        if len(found) != 1:
            if not found:
                return f"the org has no account {value}"
            return f"{len(found)} accounts are called {value}; name the one that is meant by its id"
        other = spelled.get(next(iter(found)), value)
        return "" if other == value else f"the account {value} is also declared as {other}; write it in one way"


def _open(native: Native, word: str, defaults: Defaults) -> tuple[str, str] | None:
    """The object of which everybody may do something with every record, so that a scope narrows nothing, and what."""
    kinds = [_OBJECTS[word], *(["Case"] if levels.reaches_cases(native) else ())] if word in _OBJECTS else []
    return next(((kind, open_to) for kind in kinds if (open_to := defaults.open_to(kind))), None)


def teams(
    scoped: Iterable[tuple[Native, Scope]], known: Collection[str], answered: Collection[str]
) -> Iterator[tuple[tuple[Native, Scope], Reason]]:
    """Why a place in a team cannot be given: the org has no such teams, or no such role in case teams."""
    for native, scope in scoped:
        why = ""
        if native.kind == words.CASE_TEAM_ROLE and native.name not in known:
            why = f"the org has no case team role {native.name}"
        for kind, word in (("Case", words.CASE_TEAM_ROLE), ("Account", words.ACCOUNT_TEAM_ROLE)):
            if native.kind == word and TEAMS[kind] not in answered:
                why = f"the org has no {TEAMS[kind]}"
        if why:
            yield (native, scope), Reason(ReasonCode.BROKEN_DECLARATION, why)
