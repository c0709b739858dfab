"""What a kind of target adds to the language of declarations; connectors fill it in, the loader only knows this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from reconciler.desired.models import TargetSpec
from reconciler.model import AccountKey, Definition, Native, Scope


@dataclass(frozen=True, slots=True)
class Compiled:
    """A declared role in the target's own words, for one principal and scope.

    `definition` is None when the role names something that exists in the target; otherwise it is what guestlist keeps
    there (without an end; the plan knows that).
    """

    native: Native
    definition: Definition | None = None


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

    def compile(self, role: str, spec: BaseModel, *, vendor: str, principal: str, scope: Scope) -> Compiled:
        """The role `role` for one principal. Pure, and different for every two bindings that must not share an end."""


Schemas = Mapping[str, TargetSchema]
"""The kinds of target there are, by the word in `connector:`."""
