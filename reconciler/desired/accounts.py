"""Which account a principal names in each target: what it declares, or what its kind of target takes by default."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from reconciler.desired.declared import Settings, Vendor
from reconciler.desired.documents import validate
from reconciler.desired.kinds import Schemas, TargetSchema
from reconciler.desired.models import PrincipalSpec, VendorSpec
from reconciler.desired.strict_yaml import Problem
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey


class Accounts:
    """The account keys of principals in the targets of one Settings."""

    def __init__(self, settings: Settings, schemas: Schemas) -> None:
        adapters: dict[str, TypeAdapter[Any]] = {}
        self._targets = settings.spec.targets
        self._kinds: dict[str, tuple[TargetSchema, TypeAdapter[Any]]] = {}
        for name, target in settings.spec.targets.items():
            kind = schemas[target.connector]
            if kind.name not in adapters:
                adapters[kind.name] = TypeAdapter(cast("type", kind.account_model))
            self._kinds[name] = (kind, adapters[kind.name])

    def keys(self, vendor: str, principal: PrincipalSpec) -> Iterator[tuple[str, AccountKey]]:
        """The principal's account in every target where it has one, by the target's name."""
        for target in self._kinds:
            key = self.key(target, vendor, principal)
            if key is not None:
                yield target, key

    def key(self, target: str, vendor: str, principal: PrincipalSpec) -> AccountKey | None:
        """The principal's account in one target; None where nothing names it."""
        kind, adapter = self._kinds[target]
        declared: object | None = principal.accounts.get(target)
        if declared is not None:
            try:
                declared = adapter.validate_python(declared)
            except ValidationError:  # the last valid version of a file may speak of a target that has changed since
                return None
        return kind.account_key(declared, vendor=vendor, principal=principal.name, email=principal.email)

    def attributes(
        self, target: str, vendor_name: str, vendor: VendorSpec, principal: PrincipalSpec
    ) -> Mapping[str, str] | DeclarationError:
        """What the declarations ask of the principal's account in one target where it has one.

        Nothing where only the default names the account and no grant needs it; an error where they ask for what the
        target cannot have.
        """
        kind, adapter = self._kinds[target]
        declared: object | None = principal.accounts.get(target)
        if declared is not None:
            declared = adapter.validate_python(declared)
        elif not any(one.target == target and principal.name in one.principals for one in vendor.grants):
            return {}
        try:
            return kind.account_attributes(
                declared, target=self._targets[target], vendor_name=vendor_name, vendor=vendor, principal=principal
            )
        except DeclarationError as error:
            return error

    def problems(self, vendor: Vendor, position: int) -> Iterator[Problem]:
        """What is wrong with the declared accounts of the principal at `position`, in targets that exist."""
        for target, declared in vendor.spec.principals[position].accounts.items():
            if target in self._kinds:
                place = ("spec", "principals", position, "accounts", target)
                yield from validate(self._kinds[target][1], declared, vendor.document, place)
