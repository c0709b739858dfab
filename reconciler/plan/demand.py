"""What one target should look like: values only; `weigh` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model import Account, BindingKey, DefinedRole, Grant, LiveBinding, Native, Reason
from reconciler.plan.matching import Matching
from reconciler.plan.staying import stays
from reconciler.plan.terms import USUAL, Terms


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something declared that is not live and is not given, and why. Known, so it does not make a run incomplete."""

    target: str
    grant: str
    vendor: str
    principal: str
    role: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that is left exactly as it is, because it is in doubt. A run with holds is incomplete."""

    target: str
    reason: Reason
    vendor: str | None = None
    principal: str | None = None
    account: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A binding that at least one admitted grant asks for; `grant` is the one that lasts longest."""

    key: BindingKey
    grant: Grant
    reasons: tuple[Reason, ...]

    @property
    def until(self) -> datetime:
        """The latest admitted end."""
        return self.grant.until


Lapses = Mapping[BindingKey, tuple[tuple[Grant, tuple[Reason, ...]], ...]]
"""Bindings that only lapsed grants ask for: which grant, and why it lapsed."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one target should look like, and what of it nobody can say.

    Attributes:
        at: the instant that was judged.
        wanted: the bindings that admitted grants ask for.
        lapsed: bindings that only lapsed grants ask for: which grant, and why it lapsed.
        uncertain: bindings that are held as they are.
        ended: why the role of a lapsed grant has ended, where the grant's binding no longer stands.
        sheltered: definitions that belong to something uncertain and stay as they are.
        named: the declared role for what the target itself defines.
        definitions: the lasting definitions that are kept there, whoever holds them.
        denied: what speaks against grants because of what their roles really allow, by grant and principal.
        tainted: what stands on a principal's account that nobody wants and guestlist cannot take away.
        blind: why every account that nobody lists is held, or None.
    """

    at: datetime
    matching: Matching
    wanted: Mapping[BindingKey, Wanted]
    lapsed: Lapses
    uncertain: Mapping[BindingKey, tuple[Grant, Reason]]
    ended: Mapping[Native, tuple[Reason, ...]]
    sheltered: frozenset[Native]
    refused: tuple[Refusal, ...]
    held: tuple[Hold, ...]
    named: Mapping[Native, str]
    blind: Reason | None
    definitions: Mapping[Native, DefinedRole] = field(default_factory=dict)
    denied: Mapping[tuple[str, str], tuple[Reason, ...]] = field(default_factory=dict)
    tainted: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    terms: Terms = USUAL

    def doubt(self, account: Account) -> Reason | None:
        """Why nothing may be concluded from nobody declaring something on this account."""
        return self.matching.doubt(account.id, self.blind)

    def stays(self, binding: LiveBinding, account: Account) -> bool:
        """Whether what brings a binding along stays on its account; true of what nothing brings along."""
        doubtful = self.doubt(account) is not None

        def kept(key: BindingKey) -> bool:
            return key in self.wanted or key in self.uncertain or (doubtful and key not in self.lapsed)

        return stays(binding, account, self.matching.owners.get(account.id), kept)
