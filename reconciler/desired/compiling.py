"""What granted roles mean in the targets' own words, worked out once: validation and planning ask for the same."""

from collections.abc import Mapping

from reconciler.desired.declared import Role, Settings
from reconciler.desired.kinds import Compiled, Schemas
from reconciler.errors import DeclarationError
from reconciler.model import Scope

_Asked = tuple[str, str, str, str, Scope]


class Compiler:
    """Compiles the roles of one revision for its targets."""

    def __init__(self, settings: Settings, roles: Mapping[str, Role], schemas: Schemas) -> None:
        self._targets = settings.spec.targets
        self._roles = roles
        self._schemas = schemas
        self._made: dict[_Asked, tuple[Compiled, ...] | DeclarationError] = {}
        self._reach: dict[str, Mapping[str, frozenset[str]]] = {}
        self._scoped: dict[str, frozenset[str]] = {}

    def fits(self, target: str, role: Role) -> bool:
        """Whether the role is one for this kind of target."""
        return target in self._targets and connector_of(role) == self._targets[target].connector

    def compile(
        self, target: str, role: Role, *, vendor: str, principal: str, scope: Scope = ()
    ) -> tuple[Compiled, ...] | DeclarationError:
        """The bindings of a role that fits the target, for one principal; or why the target cannot have them."""
        if self._roles.get(role.name) is not role:  # its last valid version
            return self._compile(target, role, vendor, principal, scope)
        asked = (target, role.name, vendor, principal, scope)
        if asked not in self._made:
            self._made[asked] = self._compile(target, role, vendor, principal, scope)
        return self._made[asked]

    def reach(self, role: Role) -> Mapping[str, frozenset[str]]:
        """What the role reaches, in the words of a contract."""
        if self._roles.get(role.name) is not role:
            return self._schemas[connector_of(role)].reach(role.spec)
        if role.name not in self._reach:
            self._reach[role.name] = self._schemas[connector_of(role)].reach(role.spec)
        return self._reach[role.name]

    def needs_scope(self, role: Role) -> frozenset[str]:
        """The words of a scope of which a grant of the role names one, or says why it cannot."""
        if self._roles.get(role.name) is not role:
            return self._schemas[connector_of(role)].needs_scope(role.spec)
        if role.name not in self._scoped:
            self._scoped[role.name] = self._schemas[connector_of(role)].needs_scope(role.spec)
        return self._scoped[role.name]

    def _compile(
        self, target: str, role: Role, vendor: str, principal: str, scope: Scope
    ) -> tuple[Compiled, ...] | DeclarationError:
        spec = self._targets[target]
        try:
            return self._schemas[spec.connector].compile(
                role.name, role.spec, target=spec, vendor=vendor, principal=principal, scope=scope
            )
        except DeclarationError as error:
            return error


def connector_of(role: Role) -> str:
    """The kind of target that a role is for."""
    return str(getattr(role.spec, "connector", ""))
