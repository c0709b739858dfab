"""What an import gives: files to review, and what could not be said in them."""

from dataclasses import dataclass

from reconciler.desired.layout import Kind
from reconciler.model import BindingKey


@dataclass(frozen=True, slots=True)
class Draft:
    """A file of declarations.

    Attributes:
        path: below the desired-state folder.
        accounts: the target and name of each live account that it declares.
        bindings: the target of each live binding that it declares, and the binding.
        gaps: how many things in it a human must still decide.
    """

    path: str
    kind: Kind
    name: str
    text: str
    accounts: frozenset[tuple[str, str]] = frozenset()
    bindings: frozenset[tuple[str, BindingKey]] = frozenset()
    gaps: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """Something live that no draft declares, and why; `native` is empty where it is the account itself."""

    target: str
    account: str
    native: str
    why: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """The whole import of some targets.

    Attributes:
        drafts: in the order in which they are written.
        live: how many bindings the populations have that belong to no declared account.
        declared: how many accounts were left out because somebody declares them already.
    """

    drafts: tuple[Draft, ...]
    left: tuple[Left, ...]
    live: int
    declared: int

    @property
    def written(self) -> int:
        """How many bindings the drafts declare."""
        return len(frozenset().union(*(draft.bindings for draft in self.drafts)))
