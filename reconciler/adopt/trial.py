"""Whether a draft is valid beside what is declared: read back as anything that people write is."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from reconciler.adopt.drafts import Draft
from reconciler.desired.compiling import Compiler
from reconciler.desired.declared import AnyDeclared, Role, Vendor
from reconciler.desired.documents import read
from reconciler.desired.gaps import role_gaps, vendor_gaps
from reconciler.desired.granting import check_accounts, check_grants
from reconciler.desired.kinds import Schemas
from reconciler.desired.layout import Kind
from reconciler.desired.load import Declarations
from reconciler.desired.models import VendorSpec
from reconciler.desired.references import Registry, check_vendor, registry
from reconciler.desired.source import File
from reconciler.desired.strict_yaml import Problem
from reconciler.errors import DeclarationError


class Trial:
    """What is declared, and the drafts that were found to be valid beside it."""

    def __init__(self, declarations: Declarations, schemas: Schemas) -> None:
        self._declarations = declarations
        self._schemas = schemas
        self._roles = dict(declarations.roles)
        self._judges: tuple[Registry, Compiler] | None = None

    def objection(self, target: str, name: str, spec: Mapping[str, object]) -> str | None:
        """Why the first principal of a vendor's `spec` cannot have its account in the target, or None."""
        try:
            vendor = VendorSpec.model_validate(spec)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        settings = self._declarations.settings.spec.targets[target]
        kind = self._schemas[settings.connector]
        principal = vendor.principals[0]
        declared: object | None = principal.accounts.get(target)
        if declared is not None:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("type", kind.account_model))
            declared = adapter.validate_python(declared)
        try:
            kind.account_attributes(declared, target=settings, vendor_name=name, vendor=vendor, principal=principal)
        except DeclarationError as error:
            return str(error)
        return None

    def problem(self, draft: Draft) -> str | None:
        """What is wrong with a draft, or None; a role that is right can be named by the drafts after it."""
        found = self._read(draft)
        if isinstance(found, tuple):
            return str(found[0])
        match draft.kind:
            case Kind.ROLE:
                self._accept(found)
            case Kind.VENDOR:
                return self._wrong(cast("Vendor", found))
        return None

    def gaps(self, draft: Draft) -> int:
        """How many things in a valid draft a human must still decide."""
        found = self._read(draft)
        if isinstance(found, tuple):
            return 0
        if draft.kind is Kind.VENDOR:
            return len(vendor_gaps(cast("Vendor", found)).found)
        return len(list(role_gaps([found])))

    def _read(self, draft: Draft) -> AnyDeclared | tuple[Problem, ...]:
        data = draft.text.encode()
        return read(File(draft.path, f"draft {draft.text}", len(data)), data, draft.kind, self._schemas)

    def _accept(self, role: Role) -> None:
        self._roles[role.name] = role
        self._judges = None

    def _wrong(self, vendor: Vendor) -> str | None:
        """What is wrong with a vendor's file in what it names."""
        if self._judges is None:
            settings, people = self._declarations.settings, self._declarations.people
            known = registry(settings, people, self._roles, self._declarations.broken, self._schemas)
            self._judges = known, Compiler(settings, self._roles, self._schemas)
        known, compiler = self._judges
        named = check_vendor(vendor, known)
        granted = check_grants(vendor, self._roles, compiler, named.doubts)
        wrong = [*named.notes, *granted.notes, *check_accounts(vendor, known.accounts)]
        return str(wrong[0]) if wrong else None
