"""What may be changed in a target: a closed union of small frozen classes, in the order in which they are written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import ClassVar

from reconciler.model import AccountKey, Definition, Native, Reason, ReasonCode, Scope, utc

State = Mapping[str, str | bool | None]
"""What is compared of the thing that changes: `{"until": …}`, `{"enabled": …}`, `{"definition": "sha256:…"}`, or of an
account's attributes those that differ (`{"profile": …}`)."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one target; the subclasses are all there are.

    Attributes:
        target: the target's declared name; `stable_id` is its own identity, so that no change is replayed elsewhere.
        account: the account's stable id there, and `account_name` what people call it; empty for a change of a role.
        grant: `vendor/grant` that declares it, where one does.
        reasons: all that hold; the first decides.
        risk: the flags of what the role really allows that is dangerous, high ones first.
        handle: the target's id of the row to change, where it has one. Not in the digest.
        before: what is live now; None where nothing is. `after` likewise, after the change.
        definition: of a role, what is written, or for a deletion what is taken away; `replaced` is what is live of it.
        key: the declared key of an account that is to be created.
        attributes: what the account is to have: all that is declared for a creation, what differs for an update.
    """

    action: ClassVar[str]
    kind: ClassVar[str]
    stage: ClassVar[int]

    target: str
    stable_id: str
    reasons: tuple[Reason, ...]
    account: str = ""
    account_name: str = ""
    vendor: str | None = None
    principal: str | None = None
    role: str | None = None
    native: Native | None = None
    scope: Scope = ()
    until: datetime | None = None
    grant: str | None = None
    risk: tuple[str, ...] = ()
    before: State | None = None
    after: State | None = None
    handle: str = field(default="", compare=False)
    definition: Definition | None = field(default=None, compare=False)
    replaced: Definition | None = field(default=None, compare=False)
    key: AccountKey | None = field(default=None, compare=False)
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def reason(self) -> Reason:
        """The first reason: what people are told first."""
        return self.reasons[0]

    @property
    def cause(self) -> Reason:
        """The reason that decides: the first that is more than a warning (`contested` only says that it came back)."""
        return next((reason for reason in self.reasons if reason.code is not ReasonCode.CONTESTED), self.reasons[0])

    @cached_property
    def canonical(self) -> str:
        """What the plan's digest covers of this change, as one line of JSON with sorted keys."""
        return json.dumps(
            {
                "action": self.action,
                "kind": self.kind,
                "target": self.stable_id,
                "account": self.account,
                "native": None if self.native is None else [self.native.kind, self.native.name],
                "role": self.role,
                "scope": self.scope,
                "until": None if self.until is None else utc(self.until),
                "grant": self.grant,
                "before": None if self.before is None else dict(self.before),
                "after": None if self.after is None else dict(self.after),
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @cached_property
    def id(self) -> str:
        """A short name for exactly this change: the same on every machine, for the ledger and for people."""
        return sha256(self.canonical.encode()).hexdigest()[:12]

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Where it stands in its target's order: taking away before giving, definitions before what needs them."""
        native = "" if self.native is None else f"{self.native.kind}/{self.native.name}"
        return self.stage, self.account_name, native, self.canonical


class DisableAccount(Change):
    """Close an account: no login, and every session, token and lease it has is ended.

    With `retire`, close one that is closed already for good, so that it takes up no licence.
    """

    action, kind, stage = "disable", "account", 0

    @property
    def retire(self) -> bool:
        """Whether the account is not only closed, but closed for good."""
        return self.after is not None and self.after.get("retired") is True


class RevokeBinding(Change):
    """Take a role away from an account."""

    action, kind, stage = "revoke", "binding", 1


class DeleteRole(Change):
    """Remove the definition of a role that nobody declares."""

    action, kind, stage = "delete", "role", 2


class UpdateRole(Change):
    """Make a role's definition again what is declared."""

    action, kind, stage = "update", "role", 3


class UpdateAccount(Change):
    """Put right what an account is: the attributes that differ from what is declared, and no others."""

    action, kind, stage = "update", "account", 4


class CreateAccount(Change):
    """Make the account that a principal declares; it never has a password.

    `account` is its provisional id (`reconciler.model.provisional`), which the later changes of the plan carry too.
    """

    action, kind, stage = "create", "account", 5


class EnableAccount(Change):
    """Open an account that guestlist had closed, after making sure that nothing from before is left."""

    action, kind, stage = "enable", "account", 6


class CreateRole(Change):
    """Define a role that a binding needs."""

    action, kind, stage = "create", "role", 7


class SetEnd(Change):
    """Move the end that the target keeps on a binding."""

    action, kind, stage = "set-end", "binding", 8


class GrantBinding(Change):
    """Give a role to an account, until its declared end."""

    action, kind, stage = "grant", "binding", 9


AnyChange = (
    DisableAccount
    | RevokeBinding
    | DeleteRole
    | UpdateRole
    | UpdateAccount
    | CreateAccount
    | EnableAccount
    | CreateRole
    | SetEnd
    | GrantBinding
)
CHANGES: tuple[type[AnyChange], ...] = (
    DisableAccount,
    RevokeBinding,
    DeleteRole,
    UpdateRole,
    UpdateAccount,
    CreateAccount,
    EnableAccount,
    CreateRole,
    SetEnd,
    GrantBinding,
)
