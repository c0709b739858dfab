"""What a kind of target adds to the language of declarations; connectors fill it in, the loader only knows this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from reconciler.desired.models import PrincipalSpec, TargetSpec, VendorSpec
from reconciler.model import AccountKey, Definition, Native, Scope


@dataclass(frozen=True, slots=True)
class Compiled:
    """One binding that a declared role means in the target's own words, for one principal and scope.

    `definition` is None when the role names something that exists in the target; otherwise it is what guestlist keeps
    there (without an end; the plan knows that). `scope` is what this one binding is narrowed to.
    """

    native: Native
    definition: Definition | None = None
    scope: Scope = ()


class TargetSchema(Protocol):
    """How targets of one kind are declared."""

    @property
    def name(self) -> str:
        """The word in `connector:`."""

    @property
    def target_model(self) -> type[TargetSpec]:
        """The model of the target's entry in Settings."""

    @property
    def role_model(self) -> type[BaseModel]:
        """The model of a Role's `spec` for this connector; it has a field `connector`."""

    @property
    def account_model(self) -> object:
        """The type (as pydantic knows types) of a principal's entry in `accounts` for this kind of target."""

    def account_key(
        self, declared: object | None, *, vendor: str, principal: str, email: str | None
    ) -> AccountKey | None:
        """The key of a principal's account: `declared`, validated as `account_model`, or this kind's default.

        None when nothing is declared and there is no default (no e-mail, say).
        """

    def account_attributes(
        self, declared: object | None, *, target: TargetSpec, vendor: VendorSpec, principal: PrincipalSpec
    ) -> Mapping[str, str]:
        """What the declarations ask of a principal's account, in the words of `Account.attributes`."""

    def compile(
        self, role: str, spec: BaseModel, *, target: TargetSpec, vendor: str, principal: str, scope: Scope
    ) -> tuple[Compiled, ...]:
        """The role `role` for one principal in `target`: one binding, or several where a scope needs means of its own.

        Pure, and different for every two bindings that must not share an end. DeclarationError when the target's
        settings do not allow it (a path outside the tenant's).
        """

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:
        """What a role reaches, in the words of a contract: `{"tenants": {"acme"}, "environments": {"prod"}}`.

        A dimension that is absent is one that the role says nothing about.
        """


Schemas = Mapping[str, TargetSchema]
"""The kinds of target there are, by the word in `connector:`."""
