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
        self,
        declared: object | None,
        *,
        target: TargetSpec,
        vendor_name: str,
        vendor: VendorSpec,
        principal: PrincipalSpec,
    ) -> Mapping[str, str]:
        """What the declarations ask of a principal's account, in the words of `Account.attributes`.

        DeclarationError, with a sentence about what to do, when the target's settings do not allow such an account.
        """

    def compile(
        self, role: str, spec: BaseModel, *, target: TargetSpec, vendor: str, principal: str, scope: Scope
    ) -> tuple[Compiled, ...]:
        """The role `role` for one principal in `target`: one binding, or several where a scope needs means of its own.

        Pure, and different for every two bindings that must not share an end. DeclarationError, with a sentence about
        what to do, when the target's settings do not allow it (a path outside the tenant's).
        """

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:
        """What a role reaches, in the words of a contract: `{"tenants": {"acme"}, "environments": {"prod"}}`.

        A dimension that is absent is one that the role says nothing about.
        """

    def exposes(self, spec: BaseModel) -> frozenset[str]:
        """The objects and fields that the role would show by what its declaration alone says: `Case.SSN__c`.

        Empty for a role that names something which the target defines: what that shows is read there.
        """

    def needs_scope(self, spec: BaseModel) -> frozenset[str]:
        """The words of a scope for the customers' records that the role is about, by its declaration alone.

        A grant of it names at least one of them, or says with `unscoped` why it cannot. Empty: it needs neither.
        """


Schemas = Mapping[str, TargetSchema]
"""The kinds of target there are, by the word in `connector:`."""
