"""How vault targets, roles and accounts are declared."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from connectors.vault.auth import VaultAuth
from connectors.vault.durations import Duration, seconds
from connectors.vault.engines import ENGINES, Action, Engine, known_action, lacking
from connectors.vault.hidden import astray, conflicts
from connectors.vault.names import BUILT_IN, PREFIX, mount_name
from connectors.vault.objects import DIMENSIONS, ObjectPath, VaultObject, plain
from connectors.vault.offboarding import VaultOffboarding
from connectors.vault.principals import Logins, MfaSettings, MostTokens
from connectors.vault.shape import no_policy
from connectors.vault.tenants import PathTemplate, check_templates
from reconciler.desired.basics import Many, Name, Strict
from reconciler.desired.models import RoleSpec, TargetSpec

_SHORTEST_PREFIX = 3
_LONGEST = 768 * 3600
"""`max_lease_ttl` of a server where nobody has set it: https://openbao.org/docs/configuration/#max_lease_ttl"""


def _prefix(value: str) -> str:
    folded = value.lower()
    if len(folded) < _SHORTEST_PREFIX:
        raise ValueError(
            f"prefix {value!r} would select far too much; give at least {_SHORTEST_PREFIX} characters: {PREFIX}"
        )
    if not PREFIX.startswith(folded):
        raise ValueError(f"prefix {value!r} does not select what guestlist makes, named {PREFIX}…; use {PREFIX}")
    return folded


def _mount(value: str) -> str:
    return plain(mount_name(value), "mount")


Mount = Annotated[str, AfterValidator(_mount), Field(min_length=1, max_length=200)]
EntityName = Annotated[str, Field(min_length=1, max_length=200, description="The name of an identity entity.")]


class VaultSelectors(Strict):
    """Who belongs to the population: whatever one of these selects.

    `mounts` are the login mounts of vendors alone: whoever has an alias there is one. `metadata` selects entities that
    carry all the given pairs; it costs a read of every entity of the vault, because listings do not show metadata.
    """

    prefix: Annotated[str, AfterValidator(_prefix), Field(description="How names of vendors' entities begin.")] = PREFIX
    mounts: Many[Mount] = ()
    metadata: Annotated[dict[str, str], Field(default_factory=dict)]


class VaultExceptions(Strict):
    """What never belongs, whatever selects it: names of entities, groups and policies."""

    names: Many[EntityName] = ()


class VaultPopulation(Strict):
    """Whom guestlist answers for in a vault."""

    any_: Annotated[VaultSelectors, Field(alias="any")] = VaultSelectors()
    except_: Annotated[VaultExceptions, Field(alias="except")] = VaultExceptions()


class VaultTarget(TargetSpec):
    """An OpenBao or HashiCorp Vault server, or one namespace of it."""

    connector: Literal["vault"]
    namespace: Annotated[Mount | None, Field(description="The namespace to work in; default: the root.")] = None
    auth: VaultAuth
    population: VaultPopulation = VaultPopulation()
    offboarding: VaultOffboarding = VaultOffboarding()
    logins: Logins
    mfa: MfaSettings | None = None
    most_tokens: MostTokens = 5000
    paths: Annotated[
        dict[Name, PathTemplate],
        Field(
            default_factory=dict,
            description="Where each tenant's objects are, by engine; roles then reach nothing outside their tenant's.",
        ),
    ]

    @field_validator("paths")
    @classmethod
    def _tell_mounts_apart(cls, paths: dict[str, PathTemplate]) -> dict[str, PathTemplate]:
        check_templates(paths)
        return paths

    @model_validator(mode="after")
    def _logs_in_elsewhere(self) -> "VaultTarget":
        if self.auth.mount in {*self.population.any_.mounts, *self.logins}:
            raise ValueError(
                f"guestlist may not log in on {self.auth.mount}, where the vendors of its population do;"
                " give it a mount of its own"
            )
        return self


def _not_ours(value: str) -> str:
    if value.lower() in BUILT_IN:
        raise ValueError(f"{value!r} is the server's own policy; it is no grant's to give")
    if value.lower().startswith(PREFIX):
        raise ValueError(
            f"{value!r} is named like what guestlist makes ({PREFIX}…), which only guestlist defines: say objects and"
            " actions, or give what exists another name"
        )
    return value


ExistingName = Annotated[
    str, AfterValidator(_not_ours), Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]


class ExistingRole(Strict):
    """A policy or an identity group that somebody else keeps, by its name. It carries no end of the grant's own."""

    policy: Annotated[ExistingName | None, Field(description="An ACL policy; names of policies ignore case.")] = None
    group: Annotated[ExistingName | None, Field(description="An internal identity group, as the server writes it.")] = (
        None
    )

    @model_validator(mode="after")
    def _names_one(self) -> "ExistingRole":
        if (self.policy is None) is (self.group is None):
            raise ValueError("uses names one thing that exists: a policy, or a group")
        return self

    @property
    def kind(self) -> str:
        """`policy` or `group`."""
        return "policy" if self.group is None else "group"

    @property
    def name(self) -> str:
        """What the server calls it."""
        return (self.policy or "").lower() if self.group is None else self.group


class VaultRole(RoleSpec):
    """What may be done with which objects; guestlist makes the policy from it.

    Whose objects are is said of all of them or of none, so that the contract can be compared with every one.
    """

    connector: Literal["vault"]
    objects: Annotated[tuple[VaultObject, ...], Field(strict=False, min_length=1)] = ()
    actions: Annotated[
        tuple[Annotated[Action, BeforeValidator(known_action)], ...],
        Field(strict=False, min_length=1, description="Each holds for every object; the engines have different ones."),
    ] = ()
    policy: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100_000,
            description="A policy word for word, in place of objects and actions: for what these cannot say. "
            "Nobody can compare what it reaches with a contract. What of it cannot be read with certainty counts as a "
            "high risk, which nobody may hold standing.",
        ),
    ] = None
    uses: Annotated[
        ExistingRole | None,
        Field(
            description="What exists in the vault and somebody else keeps, in place of objects and actions. guestlist "
            "gives and takes it as it is; it ends only when guestlist runs."
        ),
    ] = None
    hidden: Annotated[
        Many[ObjectPath],
        Field(description="Paths of objects whose names the holders must not see: what would list them is refused."),
    ] = ()
    longest: Annotated[
        Duration | None,
        Field(
            description="For how long at most what is issued, signed or read of a static database role may be valid. "
            "Needed by roles with such actions: it outlives the grant. 768h at most."
        ),
    ] = None

    @field_validator("objects")
    @classmethod
    def _whose_each_is(cls, objects: tuple[VaultObject, ...]) -> tuple[VaultObject, ...]:
        for word in DIMENSIONS:
            silent = [number for number, thing in enumerate(objects) if word not in thing.whose]
            if 0 < len(silent) < len(objects):
                raise ValueError(f"{word} is said of some objects, and not of objects[{silent[0]}]: say it of all")
        return objects

    @field_validator("actions")
    @classmethod
    def _every_engine_has_them(cls, actions: tuple[Action, ...], info: ValidationInfo) -> tuple[Action, ...]:
        engines: list[Engine] = [thing.engine for thing in info.data.get("objects", ())]
        said = [lacking(engine, action) for engine in dict.fromkeys(engines) for action in dict.fromkeys(actions)]
        if missing := [sentence for sentence in said if sentence]:
            apart = "; make a role for each engine" if len(set(engines)) > 1 else ""
            raise ValueError("; ".join(missing) + apart)
        return actions

    @field_validator("longest")
    @classmethod
    def _is_short(cls, longest: str | None) -> str | None:
        if longest is not None and seconds(longest) > _LONGEST:
            raise ValueError(
                f"longest {longest} is more than {_LONGEST // 3600}h, the server's own longest lease where nobody has"
                " changed it: what is handed out outlives the grant for so long; say less"
            )
        return longest

    @field_validator("policy")
    @classmethod
    def _is_a_policy(cls, policy: str | None) -> str | None:
        if policy is not None and (why := no_policy(policy)):
            raise ValueError(f"this is no policy: {why}")
        return policy

    @field_validator("hidden")
    @classmethod
    def _stay_hidden(cls, hidden: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        places = [(thing.engine, thing.path or "") for thing in info.data.get("objects", ())]
        if said := list(conflicts(places, info.data.get("actions", ()), hidden)):
            raise ValueError(said[0])
        # Where a template says the path, it is known only with the target.
        if all(path for _, path in places) and (said := list(astray(places, hidden))):
            raise ValueError(said[0])
        return hidden

    @model_validator(mode="after")
    def _one_language(self) -> "VaultRole":
        if self.uses is not None:
            if self.policy is not None or self.objects or self.actions or self.hidden or self.longest:
                raise ValueError("a role that uses what exists says nothing else: leave the rest out, or uses")
            return self
        if self.policy is None and not (self.objects and self.actions):
            raise ValueError(
                "a role says objects and actions, which is better, or a policy word for word, or uses what exists"
            )
        if self.policy is not None and (self.objects or self.actions or self.hidden or self.longest):
            raise ValueError("a role with a policy word for word says nothing else: leave the rest out, or the policy")
        return self

    @model_validator(mode="after")
    def _ends_what_it_issues(self) -> "VaultRole":
        if self.longest is None and self.issuing:
            raise ValueError(
                f"'{self.issuing[0]}' hands out what outlives the grant: say for how long at most, such as longest: 1h"
            )
        if self.longest is not None and not self.issuing:
            raise ValueError(
                "longest is for roles that hand out what outlives the grant, and none of these actions does"
            )
        return self

    @property
    def issuing(self) -> tuple[Action, ...]:
        """The actions that hand out what outlives the policy, in their order."""
        engines = {thing.engine for thing in self.objects}
        return tuple(action for action in self.actions if any(action in ENGINES[engine].issuing for engine in engines))


class VaultAlias(Strict):
    """An account by how it logs in: the name that the mount's identity provider gives it."""

    mount: Mount
    alias: Annotated[str, Field(min_length=1, max_length=200)]
    subject: Annotated[
        str | None,
        Field(
            min_length=1, max_length=200, description="The identity provider's `sub`, where the alias may be reused."
        ),
    ] = None


VaultAccount = EntityName | VaultAlias
"""A principal's account: the entity's name, or one of its aliases."""
