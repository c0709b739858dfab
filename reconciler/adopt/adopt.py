"""A whole import: from what is live and what is declared to files that somebody can review."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from reconciler.adopt.drafts import Adopted, Draft, Left
from reconciler.adopt.files import Files
from reconciler.adopt.grants import last_day, used_roles
from reconciler.adopt.names import free_name, name_from
from reconciler.adopt.part import Part, Seen
from reconciler.adopt.people import Roll
from reconciler.adopt.roles import RoleBook
from reconciler.adopt.trial import Trial
from reconciler.desired.kinds import Schemas
from reconciler.desired.load import Declarations
from reconciler.model import Entitlements

STAND_IN = timedelta(days=90)
"""How long access that has no end in its target shall last, until a human says."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import stands in.

    Attributes:
        declarations: what is declared now, and `asked` what that means.
        now: the instant of the import.
        exists: the paths, below the folder that is written to, of files that are there and stay as they are.
        editor: where the JSON Schemas are from a file in a folder of declarations; None where there are none.
    """

    declarations: Declarations
    asked: Entitlements
    schemas: Schemas
    now: datetime
    exists: frozenset[str] = frozenset()
    editor: str | None = None


def adopt(setting: Setting, seen: Sequence[Seen]) -> Adopted:
    """Everything of the populations that nobody declares, as declarations with gaps, and what cannot be said so.

    The drafts are valid beside what is declared now, and give nothing that is not live. One outsider with accounts in
    several targets becomes one principal, where the e-mail or the targets themselves say that it is one.
    """
    return _Import(setting, seen).adopted()


class _Import:
    def __init__(self, setting: Setting, seen: Sequence[Seen]) -> None:
        self._setting = setting
        declarations = setting.declarations
        self._calendar = declarations.known.calendar
        today = setting.now.astimezone(self._calendar.zone).date()
        self._files = Files(tuple(one.target for one in seen), setting.editor, today)
        self._trial = Trial(declarations, setting.schemas)
        emails = (one.email for vendor in declarations.vendors.values() for one in vendor.spec.principals if one.email)
        self._roll = Roll({email.lower() for email in emails})
        self._left: list[Left] = []
        new: dict[str, RoleBook] = {}
        self._parts = [self._part(one, new) for one in seen]

    def adopted(self) -> Adopted:
        roles = used_roles(grants for part in self._parts for grants in part.grants.values())
        vendors = sorted({vendor for part in self._parts for vendor, people in part.people.items() if people})
        tried = [*map(self._files.role, roles), *map(self._vendor, vendors), *self._labels()]
        drafts = [replace(draft, gaps=self._trial.gaps(draft)) for draft in tried if self._sound(draft)]
        for part in self._parts:
            for grants in part.grants.values():
                self._left.extend(grants.left)
        return Adopted(
            drafts=tuple(drafts),
            left=tuple(sorted({*self._left, *self._roll.left})),
            live=sum(part.live for part in self._parts),
            declared=sum(part.declared for part in self._parts),
        )

    def _part(self, seen: Seen, books: dict[str, RoleBook]) -> Part:
        """A target's part; what was found in the targets before it is taken into account."""
        setting, target = self._setting, seen.target
        spec = setting.declarations.settings.spec.targets[target]
        declared = {name: role.spec for name, role in setting.declarations.roles.items()}
        book = RoleBook(
            schema=setting.schemas[spec.connector],
            target=spec,
            declared=declared,
            named={native: role for (of, native), role in setting.asked.named.items() if of == target},
            adopted=seen.adoption.roles,
            taken=self._taken("roles"),
            new=books[spec.connector].new if spec.connector in books else {},
            others=tuple(other.new for connector, other in books.items() if connector != spec.connector),
        )
        books[spec.connector] = book
        part = Part.of(seen, book, (claim.key for claim in setting.asked.claims if claim.target == target))
        people = self._roll.enter(target, part.accounts, seen.adoption.accounts, book.schema)
        for person in people:
            vendor = person.who.vendor
            path = f"vendors/{vendor}.yaml"
            if path in setting.exists:
                self._roll.strike(person, f"{path} is there already and stays as it is: declare the account in it")
                continue
            alone = self._files.vendor_spec([person.who.entry(self._files.today)])
            why = self._trial.objection(target, vendor, alone)
            if why is not None:
                self._roll.strike(person, why)
            else:
                part.people.setdefault(vendor, []).append(person)
        part.grant()
        return part

    def _vendor(self, vendor: str) -> Draft:
        """The file of one vendor, with its people and their grants in every target."""
        stand_in = self._files.today + STAND_IN
        grants: list[dict[str, object]] = []
        days = []
        reach: dict[str, set[str]] = defaultdict(set)
        names: set[str] = set()
        accounts, bindings = set(), set()
        for part in self._parts:
            if vendor not in part.grants:
                continue
            target, found = part.seen.target, part.grants[vendor]
            grants += found.entries(part.book, target, self._calendar, stand_in=stand_in, names=names)
            ends = [terms.until for terms, _ in found.terms.values()]
            days += [stand_in if until is None else last_day(until, self._calendar) for until in ends]
            for dimension, named in part.reach(vendor).items():
                reach[dimension] |= named
            accounts |= {(target, person.account.name) for person in part.people[vendor]}
            bindings |= {(target, key) for key in found.covered}
        spec = self._files.vendor_spec(
            [who.entry(self._files.today) for _, who in sorted(self._roll.vendors[vendor].items())],
            grants,
            ends=max(days, default=stand_in),
            reach={dimension: sorted(named) for dimension, named in sorted(reach.items()) if named},
        )
        draft = self._files.vendor(vendor, spec)
        return replace(draft, accounts=frozenset(accounts), bindings=frozenset(bindings))

    def _labels(self) -> Iterator[Draft]:
        """The labels that a target gives and nobody has declared, each once."""
        found: dict[str, dict[str, Mapping[str, object]]] = defaultdict(dict)
        for part in self._parts:
            known = {item for target, item in self._setting.asked.labels if target == part.seen.target}
            here = found[part.book.schema.name]
            known |= {item.casefold() for item in here}
            labels = part.seen.adoption.labels.items()
            here.update((item, said) for item, said in sorted(labels) if item.casefold() not in known)
        taken = self._taken("data")
        for connector, labels_ in sorted(found.items()):
            if labels_:
                yield self._files.labels(free_name(name_from(connector), taken), connector, labels_)

    def _sound(self, draft: Draft) -> bool:
        """Whether a draft is valid beside what is declared; otherwise it is left out, and said."""
        problem = self._trial.problem(draft)
        if problem is not None:
            why = f"{draft.path} could not be written so that it is valid ({problem})"
            self._left.extend(Left(target, account, "", why) for target, account in (draft.accounts or {("", "")}))
        return problem is None

    def _taken(self, folder: str) -> frozenset[str]:
        """Names in a folder that are taken: declared, readable or not, or of a file that is there."""
        source = self._setting.declarations.source
        paths = (*self._setting.exists, *(source.below(file.path) for file in source.files))
        return frozenset(PurePosixPath(path).stem for path in paths if PurePosixPath(path).parts[:1] == (folder,))
