"""What the ledger remembers, as the plan needs it: values only, so that planning stays pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from reconciler.model import BindingKey, Live, Native

CONTESTED_WITHIN = timedelta(days=30)
"""How long a revocation is remembered, to notice what comes back."""

CONTESTED_AFTER = 2
"""How often a binding must have been taken away before for its return to be no accident."""


def binding_mark(key: BindingKey) -> str:
    """A short name for a binding of an account, for remembering many of them."""
    text = "\x00".join(
        (key.native.kind, key.native.name, *(part for name, values in key.scope for part in (name, *values)))
    )
    return sha256(text.encode()).hexdigest()[:12]


def attribute_mark(name: str, value: str | None) -> str:
    """A short name for what an attribute of an account is, so that the ledger need not know it."""
    return sha256(f"{name}\x00{value or ''}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """What is known of an account that guestlist has governed.

    Attributes:
        name: what people called it when it was last seen.
        closed: guestlist itself disabled it.
        clean: the last verified run left nothing on it that was not desired.
        bindings: `binding_mark`s of what it then held.
        closed_at: when guestlist disabled it, where it did and that is known.
        attributes: `attribute_mark`s of what it then was; None when that is not known.
        revoked: when guestlist took away which binding (by `binding_mark`), of the last 30 days, the latest last.
        governed: whether guestlist answers for it; not for an account outside the population from which it only took
            what was a vendor's.
    """

    name: str
    closed: bool = False
    clean: bool = False
    bindings: frozenset[str] = frozenset()
    closed_at: datetime | None = None
    attributes: frozenset[str] | None = None
    revoked: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    governed: bool = True


@dataclass(frozen=True, slots=True)
class TargetMemory:
    """What is known of a target.

    Attributes:
        stable_id: the identity it had; another system under the same declared name is another target.
        accounts: every account ever governed there, by the target's stable id of it.
        definitions: digests of the population's role definitions as the last verified run left them; None when no run
            was ever verified.
    """

    stable_id: str = ""
    accounts: Mapping[str, AccountMemory] = field(default_factory=dict)
    definitions: Mapping[Native, str] | None = None

    def closed(self, account: str) -> bool:
        """Whether guestlist itself had disabled the account."""
        known = self.accounts.get(account)
        return known is not None and known.closed

    def added_since(self, key: BindingKey) -> bool:
        """Whether somebody added this binding to an account that a verified run had left clean."""
        known = self.accounts.get(key.account)
        return known is not None and known.clean and binding_mark(key) not in known.bindings

    def left(self, key: BindingKey) -> bool:
        """Whether the last run that looked left this binding where it is, or was about to give it."""
        known = self.accounts.get(key.account)
        return known is not None and binding_mark(key) in known.bindings

    def taken_away(self, key: BindingKey, now: datetime) -> int:
        """How often guestlist has taken this binding away in the 30 days before `now`."""
        known = self.accounts.get(key.account)
        if known is None or not known.revoked:
            return 0
        return sum(now - at < CONTESTED_WITHIN for at in known.revoked.get(binding_mark(key), ()))

    def edited_since(self, account: str, attributes: Mapping[str, str | bool | None]) -> bool:
        """Whether somebody else made an account what it is now in each of these attributes."""
        known = self.accounts.get(account)
        if known is None or not known.clean or known.attributes is None:
            return False
        marks = {attribute_mark(name, str(value or "")) for name, value in attributes.items()}
        return not marks & known.attributes


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger knows.

    Attributes:
        readable: False when the ledger is damaged, or is missing although guestlist has run before: then nothing is
            exempt from counting.
        targets: by the target's declared name.
        spent: ids of the changes that counted against a limit in the last 24 hours, by (stable id, limit).
    """

    readable: bool = True
    targets: Mapping[str, TargetMemory] = field(default_factory=dict)
    spent: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def of(self, live: Live) -> TargetMemory:
        """What is known of exactly this target; nothing when the ledger cannot be relied on."""
        known = self.targets.get(live.target) if self.readable else None
        return known if known is not None and known.stable_id == live.stable_id else TargetMemory()

    def governed(self, target: str) -> frozenset[str]:
        """Stable ids of the accounts that guestlist answered for before, so that none escapes by being moved."""
        known = self.targets.get(target)
        return frozenset() if known is None else frozenset(id_ for id_, one in known.accounts.items() if one.governed)
