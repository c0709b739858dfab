"""Which declared role each live native is: one that is there already, or a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError

from reconciler.adopt.names import free_name, name_from
from reconciler.desired.kinds import TargetSchema
from reconciler.desired.models import TargetSpec
from reconciler.errors import DeclarationError
from reconciler.model import Native, Scope
from reconciler.ports import AdoptedRole

Held = tuple[Native, Scope]
"""What a binding is, whoever has it."""


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role by which something live can be declared; `source` is what the connector said of it, where it is new."""

    name: str
    spec: BaseModel
    source: AdoptedRole | None


@dataclass(slots=True)
class RoleBook:
    """The roles of one kind of target: the declared ones, and what is adopted beside them.

    Attributes:
        target: the settings of the target in question.
        declared: its declared roles' specs by name; `named` what natives they are where a target defines them.
        adopted: what the connector says of live natives.
        taken: names that no new role may have: files of that name exist.
        new: the new roles by name, shared by the targets of one kind; `others` are those of other kinds.
    """

    schema: TargetSchema
    target: TargetSpec
    declared: Mapping[str, BaseModel]
    named: Mapping[Native, str]
    adopted: Mapping[Native, AdoptedRole]
    taken: frozenset[str] = frozenset()
    new: dict[str, RoleChoice] = field(default_factory=dict)
    others: tuple[Mapping[str, RoleChoice], ...] = ()
    _invalid: dict[Native, str] = field(default_factory=dict)

    def choices(self, native: Native) -> list[RoleChoice]:
        """The roles to try for a native, the likeliest first: what is declared before what would be new."""
        found: list[RoleChoice] = []
        if native in self.named and self.named[native] in self.declared:
            name = self.named[native]
            found.append(RoleChoice(name, self.declared[name], None))
        source = self.adopted.get(native)
        if source is None:
            return found
        name = name_from(source.name)
        if name in self.declared:
            found.append(RoleChoice(name, self.declared[name], None))
        try:
            spec = self.schema.role_model.model_validate({"connector": self.schema.name, **source.spec})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            self._invalid[native] = str(first["msg"])
            return found
        return [*found, self._fresh(name or "role", spec, source)]

    def _fresh(self, name: str, spec: BaseModel, source: AdoptedRole) -> RoleChoice:
        """A role of that name and content; another content under the same name gets a number."""
        for known in self.new.values():
            if known.source is not None and known.source.name == source.name and known.spec == spec:
                return known
        elsewhere = {name for other in self.others for name in other}
        free = free_name(name, {*self.declared, *self.new, *self.taken, *elsewhere})
        self.new[free] = RoleChoice(free, spec, source)
        return self.new[free]

    def why_not(self, native: Native) -> str:
        """Why no role can be written for a native."""
        if native in self._invalid:
            return f"what it allows cannot be written as a role ({self._invalid[native]})"
        if native in self.adopted or native in self.named:
            return "no role that could be written is exactly this, and one that gives more is not written"
        return "the connector cannot say this in declarations"

    def gives(self, role: RoleChoice, vendor: str, principal: str, scope: Scope) -> frozenset[Held]:
        """What a grant of the role would give in the target; nothing where it is not possible there."""
        try:
            made = self.schema.compile(
                role.name, role.spec, target=self.target, vendor=vendor, principal=principal, scope=scope
            )
        except DeclarationError:
            return frozenset()
        return frozenset((one.native, one.scope) for one in made)
