"""What the ledger remembers, as the plan needs it: values only, so that planning stays pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from reconciler.model import BindingKey, Live, Native


def binding_mark(key: BindingKey) -> str:
    """A short name for a binding of an account, for remembering many of them."""
    text = "\x00".join(
        (key.native.kind, key.native.name, *(part for name, values in key.scope for part in (name, *values)))
    )
    return sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class AccountMemory:
    """What is known of an account that guestlist has governed.

    Attributes:
        name: what people called it when it was last seen.
        closed: guestlist itself disabled it.
        clean: the last verified run left nothing on it that was not desired.
        bindings: `binding_mark`s of what it then held.
    """

    name: str
    closed: bool = False
    clean: bool = False
    bindings: frozenset[str] = frozenset()


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
        return frozenset() if known is None else frozenset(known.accounts)
