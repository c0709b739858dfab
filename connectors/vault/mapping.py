"""Wire JSON → values. Pure; whatever is not in the documented shape is `Unreadable`, never a default that hides it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from connectors.vault.names import alias_key, mount_name, name_key
from reconciler.errors import Unreadable
from reconciler.model import AccountKey

Json = Mapping[str, object]
Value = TypeVar("Value", bound=BaseModel)


def _empty_tuple(value: object) -> object:
    return () if value is None else value


def _empty_mapping(value: object) -> object:
    return {} if value is None else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_empty_tuple)]
"""A list of strings, which Go writes as null when it is empty."""


class Wire(BaseModel):
    """What the server says; unknown fields are its own business."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Alias(Wire):
    """How somebody logs in: a name on a mount. The mount is empty when it no longer exists."""

    id: str = ""
    name: str
    mount_path: str = ""

    @property
    def mount(self) -> str:
        """The mount without `auth/` and slashes."""
        return mount_name(self.mount_path)

    @property
    def key(self) -> AccountKey:
        """The key by which a declaration may name whoever has it."""
        return alias_key(self.mount, self.name)


Aliases = Annotated[tuple[Alias, ...], BeforeValidator(_empty_tuple)]


class Listed(Wire):
    """What a listing shows of an entity or a group."""

    name: str
    aliases: Aliases = ()

    @property
    def keys(self) -> frozenset[AccountKey]:
        """Every key by which a declaration may name it."""
        return frozenset({name_key(self.name), *(alias.key for alias in self.aliases)})

    @property
    def mounts(self) -> frozenset[str]:
        """Where it has an alias."""
        return frozenset(alias.mount for alias in self.aliases)


class Entity(Listed):
    """An identity entity. Policies are compared lower-case, as the server does."""

    id: str
    disabled: bool
    policies: Texts
    metadata: Annotated[Mapping[str, str], BeforeValidator(_empty_mapping)]
    direct_group_ids: Texts
    inherited_group_ids: Texts = ()
    merged_entity_ids: Texts = ()

    @property
    def ids(self) -> frozenset[str]:
        """Every id that tokens may name it by: its own, and those of entities that were merged into it."""
        return frozenset({self.id, *self.merged_entity_ids})

    @property
    def policy_names(self) -> tuple[str, ...]:
        """What is attached directly."""
        return tuple(sorted({policy.lower() for policy in self.policies}))


class Group(Wire):
    """An identity group; the members of an external one are its identity provider's to change."""

    id: str
    name: str
    type: str
    policies: Texts
    member_entity_ids: Texts
    parent_group_ids: Texts = ()
    modify_index: int = 0

    @property
    def external(self) -> bool:
        """Whether an identity provider decides who is in it."""
        return self.type != "internal"

    @property
    def meaning(self) -> str:
        """What being in it gives, in comparable form."""
        return "policies:" + ",".join(sorted({policy.lower() for policy in self.policies}))


class Policy(Wire):
    """An ACL policy. `version` is missing where the server has no check-and-set and no native expiry (HashiCorp)."""

    name: str
    policy: str
    version: int | None = None
    expiration: datetime | None = None


class Token(Wire):
    """Who a token is."""

    display_name: str
    entity_id: str
    policies: Texts
    identity_policies: Texts = ()
    ttl: int

    @property
    def all_policies(self) -> frozenset[str]:
        """Every policy that acts on it."""
        return frozenset(policy.lower() for policy in (*self.policies, *self.identity_policies))


class Issued(Wire):
    """A token as its accessor shows it: whose it is, and which login or call made it."""

    entity_id: str = ""
    path: str = ""
    policies: Texts = ()
    period: int = 0


class SecretId(Wire):
    """A secret id of an AppRole as its accessor shows it; 0 is without a limit."""

    secret_id_ttl: int
    secret_id_num_uses: int

    def exceeds(self, ttl: int, uses: int) -> bool:
        """Whether it can be used for longer, or more often, than that."""
        pairs = (self.secret_id_ttl, ttl), (self.secret_id_num_uses, uses)
        return any(most and not 0 < own <= most for own, most in pairs)


class Mount(Wire):
    """An auth method: its accessor, and the kind of tokens that it gives."""

    type: str
    accessor: str
    config: Annotated[Mapping[str, object], BeforeValidator(_empty_mapping)] = {}

    @property
    def batch(self) -> bool:
        """Whether it gives batch tokens to whoever does not ask for another kind."""
        return self.config.get("token_type") in {"batch", "default-batch"}


class Method(Wire):
    """An MFA method."""

    id: str
    name: str = ""


class Enforcement(Wire):
    """Whose logins ask for a second factor, and by which methods; any one of them is enough."""

    name: str
    mfa_method_ids: Texts = ()
    identity_entity_ids: Texts = ()
    identity_group_ids: Texts = ()
    auth_method_accessors: Texts = ()
    auth_method_types: Texts = ()


class Health(Wire):
    """What the server says of itself without knowing us."""

    initialized: bool
    sealed: bool
    standby: bool
    version: str
    cluster_id: str = ""
    enterprise: bool | None = None


class Listing(Wire):
    """A listing: keys, and what is known of each."""

    keys: tuple[str, ...]
    key_info: Annotated[Mapping[str, Json], BeforeValidator(_empty_mapping)] = {}


def read_as(model: type[Value], data: object, what: str) -> Value:
    """`data` in the shape of `model`; `what` names it in the error, which never shows what was received."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        where = ", ".join(sorted({".".join(map(str, problem["loc"])) or "all of it" for problem in error.errors()}))
        raise Unreadable(f"{what} came in a shape that is not documented ({where})") from None
