"""Live bindings as grants that give exactly them: no grant is written that would give anything more."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from reconciler.adopt.drafts import Left
from reconciler.adopt.names import free_name
from reconciler.adopt.people import Person
from reconciler.adopt.roles import Held, RoleBook, RoleChoice
from reconciler.desired.calendar import Calendar
from reconciler.desired.gaps import UNDECIDED_TEXT
from reconciler.model import BindingKey, LiveBinding, Scope

_LAST_YEAR = 2199
"""What declarations may speak of."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant says besides whom it is for."""

    role: RoleChoice
    scope: Scope
    until: datetime | None

    @property
    def order(self) -> tuple[str, Scope, str]:
        """Where its grant stands in the file, and what tells it from others."""
        return self.role.name, self.scope, "" if self.until is None else self.until.isoformat()


@dataclass(slots=True)
class Grants:
    """The grants of one vendor, and what of its people's bindings no grant can say."""

    terms: dict[tuple[str, Scope, str], tuple[Terms, list[str]]] = field(default_factory=dict)
    covered: set[BindingKey] = field(default_factory=set)
    left: list[Left] = field(default_factory=list)

    def entries(
        self, book: RoleBook, target: str, calendar: Calendar, *, stand_in: date, names: set[str]
    ) -> list[dict[str, object]]:
        """The grants as a vendor's file declares them.

        `stand_in` is the last day of what has no end in the target, `names` are the grants of the file so far.
        """
        entries: list[dict[str, object]] = []
        for terms, principals in sorted(self.terms.values(), key=lambda one: one[0].order):
            name = free_name(terms.role.name, names)
            names.add(name)
            why = " why" if terms.until is not None else f" why, and until when: {target} keeps no end of it"
            entry: dict[str, object] = {"name": name, "target": target, "role": terms.role.name}
            entry["principals"] = sorted(principals)
            entry["window"] = {"until": stand_in if terms.until is None else _written(terms.until, calendar)}
            entry["reason"] = UNDECIDED_TEXT + why
            if terms.scope:
                entry["scope"] = {word: list(values) for word, values in terms.scope}
            elif book.schema.needs_scope(terms.role.spec):
                entry["unscoped"] = UNDECIDED_TEXT + " why it reaches every record"
            entries.append(entry)
        return entries


def last_day(until: datetime, calendar: Calendar) -> date:
    """The last day on which something that ends at `until` still holds, in part at least."""
    return (until - timedelta(microseconds=1)).astimezone(calendar.zone).date()


def _written(until: datetime, calendar: Calendar) -> date | datetime:
    """An end as people write it: by its last day, where it ends with it."""
    day = last_day(until, calendar)
    return day if calendar.end(day) == until else until


def grants_of(people: Iterable[Person], bindings: Mapping[str, Sequence[LiveBinding]], book: RoleBook) -> Grants:
    """The grants that give the people of one vendor exactly what they hold."""
    grants = Grants()
    for person in people:
        held = {(one.key.native, one.key.scope): one for one in bindings.get(person.account.id, ())}
        _Holder(person, held, book, grants).write()
    return grants


class _Holder:
    """One person's bindings on the way to grants."""

    def __init__(self, person: Person, held: Mapping[Held, LiveBinding], book: RoleBook, grants: Grants) -> None:
        self._person = person
        self._held = held
        self._book = book
        self._grants = grants
        self._open = {each: one for each, one in sorted(held.items()) if one.unremovable is None}

    def write(self) -> None:
        for each, one in sorted(self._held.items()):
            if one.unremovable is not None:
                self._leave(each, f"it is no grant's to give or to take: {one.unremovable}")
        for scoped in (False, True):
            for each in [each for each in self._open if bool(each[1]) is scoped]:
                if each in self._open:
                    self._declare(each)
        for each in self._open:
            self._leave(each, self._book.why_not(each[0]))

    def _declare(self, each: Held) -> None:
        native, scope = each
        for role in self._book.choices(native):
            tried = (scope,) if scope else (self._widest(role, each), ())
            for narrowed in tried:
                gives = self._gives(role, narrowed)
                if each in gives and self._held.keys() >= gives:
                    self._take(Terms(role, narrowed, self._held[each].until), gives)
                    return

    def _widest(self, role: RoleChoice, base: Held) -> Scope:
        """The records that are held and that the role gives beside its base, where it is narrowed to them."""
        words: dict[str, set[str]] = defaultdict(set)
        for other, binding in self._open.items():
            if other[1] and binding.until in {None, self._held[base].until}:
                gives = self._gives(role, other[1])
                if {base, other} <= gives and self._held.keys() >= gives:
                    for word, values in other[1]:
                        words[word].update(values)
        return tuple((word, tuple(sorted(values))) for word, values in sorted(words.items()))

    def _gives(self, role: RoleChoice, scope: Scope) -> frozenset[Held]:
        return self._book.gives(role, self._person.who.vendor, self._person.who.name, scope)

    def _take(self, terms: Terms, gives: frozenset[Held]) -> None:
        if terms.until is not None and terms.until.year > _LAST_YEAR:
            terms = replace(terms, until=None)
        _, principals = self._grants.terms.setdefault(terms.order, (terms, []))
        principals.append(self._person.who.name)
        for each in gives:
            self._open.pop(each, None)
            self._grants.covered.add(self._held[each].key)

    def _leave(self, each: Held, why: str) -> None:
        native, scope = each
        narrowed = "".join(f" on {word} {', '.join(values)}" for word, values in scope)
        self._grants.left.append(
            Left(self._person.target, self._person.account.name, f"{native.kind} {native.name}{narrowed}", why)
        )


def used_roles(grants: Iterable[Grants]) -> Iterator[RoleChoice]:
    """The new roles that grants name, each once."""
    seen: set[str] = set()
    for one in grants:
        for terms, _ in one.terms.values():
            if terms.role.source is not None and terms.role.name not in seen:
                seen.add(terms.role.name)
                yield terms.role
