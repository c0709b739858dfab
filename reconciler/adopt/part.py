"""One target's part of an import: its accounts that nobody declares, and what they hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.adopt.grants import Grants, grants_of
from reconciler.adopt.people import Person, unowned
from reconciler.adopt.roles import RoleBook
from reconciler.model import Account, AccountKey, Live, LiveBinding
from reconciler.ports import Adoption


@dataclass(frozen=True, slots=True)
class Seen:
    """A target by its declared name, what is live there, and what its connector says of it."""

    target: str
    live: Live
    adoption: Adoption


@dataclass(slots=True)
class Part:
    """A target on the way to drafts.

    Attributes:
        accounts: those in use that nobody declares, and `declared` how many somebody does.
        people: whom they belong to, by vendor; `grants` what gives them what they hold.
    """

    seen: Seen
    book: RoleBook
    accounts: Sequence[Account]
    declared: int
    people: dict[str, list[Person]] = field(default_factory=dict)
    grants: dict[str, Grants] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Seen, book: RoleBook, claimed: Iterable[AccountKey]) -> "Part":
        """The part of a target in which declarations claim some accounts."""
        return cls(seen, book, *unowned(seen.live, claimed))

    @property
    def live(self) -> int:
        """How many bindings the accounts hold that nobody declares."""
        return sum(map(len, self._bindings().values()))

    def grant(self) -> None:
        """Find the grants of everybody."""
        bindings = self._bindings()
        self.grants = {vendor: grants_of(people, bindings, self.book) for vendor, people in sorted(self.people.items())}

    def reach(self, vendor: str) -> Mapping[str, set[str]]:
        """What the contract of a vendor would have to name for what its people hold here."""
        reach: dict[str, set[str]] = defaultdict(set)
        for terms, _ in self.grants[vendor].terms.values():
            for dimension, names in self.book.schema.reach(terms.role.spec).items():
                reach[dimension].update(names)
        return reach

    def _bindings(self) -> Mapping[str, Sequence[LiveBinding]]:
        ids = {account.id for account in self.accounts}
        found: dict[str, list[LiveBinding]] = defaultdict(list)
        for binding in self.seen.live.bindings:
            along = bool(binding.brought_by) and binding.unremovable is None
            if binding.key.account in ids and not along:
                found[binding.key.account].append(binding)
        return found
