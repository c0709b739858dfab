"""What a grant is narrowed to, as declarations say it."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from reconciler.desired.basics import Strict, Text
from reconciler.model import FOLLOWED, Scope


def _no_pattern(value: str) -> str:
    if value.startswith(FOLLOWED):
        raise ValueError(
            f"{value!r} begins like a pattern; write {{assignedTo: {value.removeprefix(FOLLOWED).strip()}}}"
        )
    return value


ScopeValue = Annotated[Text, AfterValidator(_no_pattern)]
"""A record, by what the target's people call it."""


class FollowedCases(Strict):
    """Whatever cases are assigned there at each run: nobody opens a pull request for each."""

    assigned_to: Annotated[Text, Field(description="The queue, or the field, that says whose a case is.")]


class GrantScope(Strict):
    """The records that a grant is narrowed to; everything else of the role's objects stays out of sight."""

    accounts: Annotated[
        tuple[ScopeValue, ...] | None, Field(strict=False, min_length=1, description="Customers, by name or id.")
    ] = None
    cases: Annotated[
        Annotated[tuple[ScopeValue, ...], Field(strict=False, min_length=1)] | FollowedCases | None,
        Field(description="Cases, by number in quotes; or those that are assigned somewhere."),
    ] = None

    @model_validator(mode="after")
    def _of_something(self) -> "GrantScope":
        if self.accounts is None and self.cases is None:
            raise ValueError("is empty; name accounts or cases, or remove it and say why with `unscoped`")
        return self

    @property
    def value(self) -> Scope:
        """As bindings carry it: sorted, each value once."""
        cases = self.cases
        if isinstance(cases, FollowedCases):
            cases = (FOLLOWED + cases.assigned_to,)
        named = (("accounts", self.accounts), ("cases", cases))
        return tuple((word, tuple(sorted(set(values)))) for word, values in named if values is not None)
