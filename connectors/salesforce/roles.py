"""What a Salesforce role looks like in declarations: it names what exists in the org, or says what it allows."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from connectors.salesforce import levels, vocabulary
from connectors.salesforce.content import Content, needs_edit
from connectors.salesforce.spelling import DeveloperName, Label
from connectors.salesforce.words import ACCOUNTS, ASSIGNED, CASE_SHARE, CASES, EDIT, HELD_BY, NARROWED, READ
from reconciler.desired.basics import Many, Strict
from reconciler.desired.models import RoleSpec
from reconciler.model import Native

_RECORDS: Mapping[str, str] = {kind: HELD_BY[kind].scope for kind in sorted(NARROWED)}

API_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
FIELD_NAME = r"^[A-Za-z][A-Za-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*$"


def _known_object(name: str) -> str:
    meant = vocabulary.misspelled(name, vocabulary.OBJECTS)
    if meant is not None:
        raise ValueError(f"there is no object {name!r}; did you mean {meant!r}?")
    return name


def _known_permission(name: str) -> str:
    if name.startswith("Permissions"):
        raise ValueError(f"write {name.removeprefix('Permissions')!r}: a user permission goes without 'Permissions'")
    meant = vocabulary.misspelled(name, vocabulary.SYSTEM)
    if meant is not None:
        raise ValueError(f"there is no user permission {name!r}; did you mean {meant!r}?")
    return name


ObjectName = Annotated[str, Field(max_length=80, pattern=API_NAME), AfterValidator(_known_object)]
FieldName = Annotated[str, Field(max_length=160, pattern=FIELD_NAME)]
PermissionName = Annotated[str, Field(max_length=80, pattern=API_NAME), AfterValidator(_known_permission)]
AccountLevels = Literal["Read", "Edit", "Read, cases Read", "Read, cases Edit", "Edit, cases Read", "Edit, cases Edit"]
"""What a share of an account may be declared to give: of the account, and of its cases."""
Word = Literal["read", "create", "edit", "delete", "comment", "escalate", "viewAll", "modifyAll"]


class Uses(Strict):
    """Exactly one thing that exists in the org, by its API name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    permission_set: DeveloperName | None = None
    permission_set_group: DeveloperName | None = None
    permission_set_license: DeveloperName | None = None
    group: Annotated[DeveloperName | None, Field(description="A public group.")] = None
    queue: DeveloperName | None = None
    user_role: Annotated[DeveloperName | None, Field(description="A place in the role hierarchy.")] = None
    case_team_role: Annotated[Label | None, Field(description="A case team role by its name; needs a scope.")] = None
    account_team_role: Annotated[
        Label | None, Field(description="A role in account teams, which read the account; needs a scope.")
    ] = None

    case_share: Annotated[
        Literal["Read", "Edit"] | None,
        Field(description="A share of the cases of the scope, and no permission set that would let them be seen."),
    ] = None
    account_share: Annotated[
        AccountLevels | None,
        Field(description="Likewise, a share of the accounts of the scope, and of their cases where it says so."),
    ] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Uses":
        if len(self.named) != 1:
            raise ValueError(
                "names exactly one of permissionSet, permissionSetGroup, permissionSetLicense, group, queue, userRole, "
                "caseTeamRole, accountTeamRole, caseShare, accountShare"
            )
        return self

    @property
    def named(self) -> tuple[Native, ...]:
        """What it names."""
        return tuple(Native(kind, name) for kind, name in self.model_dump(by_alias=True).items() if name is not None)


class Allows(Strict):
    """What a role that guestlist defines allows: nothing else than what is written here."""

    objects: Annotated[
        dict[ObjectName, Annotated[Many[Word], Field(min_length=1)]],
        Field(default_factory=dict, description="By object, what may be done with the records that are shared."),
    ]
    fields: Annotated[
        dict[FieldName, Literal["read", "edit"]],
        Field(default_factory=dict, description="By `Object.Field`; fields that are not named stay hidden."),
    ]
    system: Annotated[Many[PermissionName], Field(description="User permissions, such as ApiEnabled.")] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "Allows":
        if not (self.objects or self.fields or self.system):
            raise ValueError("allows nothing; name at least one of objects, fields, system")
        endless = sorted(vocabulary.WITHOUT_END & set(self.system))
        if endless:
            raise ValueError(
                f"Salesforce keeps no end for an assignment that allows {endless[0]}, so it would outlive guestlist; "
                "a vendor cannot be given it"
            )
        for name, words in self.objects.items():
            strange = sorted(vocabulary.OF_CASES & set(words))
            if name != "Case" and strange:
                raise ValueError(f"{strange[0]!r} means something on Case only, not on {name}")
        flags = self.flags
        for field, level in self.fields.items():
            owner = field.partition(".")[0]
            if owner not in flags:
                raise ValueError(f"fields names {field}, and objects allows nothing on {owner}; add {owner}: [read]")
            if level == "edit" and not flags[owner] & {vocabulary.EDIT, vocabulary.CREATE}:
                raise ValueError(f"{field} may be edited, and {owner} may not; add 'edit' to {owner}")
        return self

    @property
    def flags(self) -> dict[str, frozenset[str]]:
        """The object permissions that the words mean, by object."""
        return {
            name: frozenset(flag for word in words for flag in vocabulary.MEANS[word])
            for name, words in self.objects.items()
        }

    @property
    def levels(self) -> dict[str, bool]:
        """The field permissions: by field, whether it may be edited."""
        levels = {field: level == "edit" for field, level in self.fields.items()}
        if "escalate" in self.objects.get("Case", ()):
            levels |= {f"Case.{field}": True for field in vocabulary.ESCALATING}
        return levels


class Shared(Strict):
    """How far a grant's scope shares the records that a role is about; what is not named is not shared for itself."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    cases: Annotated[
        Literal["read", "edit"] | None, Field(description="The cases of the scope, and those of its accounts.")
    ] = None
    accounts: Annotated[Literal["read", "edit"] | None, Field(description="The accounts of the scope.")] = None

    @model_validator(mode="after")
    def _shares_something(self) -> "Shared":
        if self.cases is None and self.accounts is None:
            raise ValueError("shares nothing; name at least one of cases, accounts")
        return self


class SalesforceRole(RoleSpec):
    """A role that names one thing that exists in the org (`uses`), or that guestlist defines there (`allows`)."""

    connector: Literal["salesforce"]
    uses: Uses | None = None
    allows: Allows | None = None
    records: Annotated[
        Literal["read", "edit"] | Shared | None,
        Field(
            description="For `uses`: the role is for cases or accounts; a grant's scope shares what it names to read or"
            " to edit. A scope of accounts shares their cases too where `cases` is said here."
        ),
    ] = None
    activation: Annotated[
        Literal["session"] | None,
        Field(description="For `allows`: it holds only in a session that was activated for it."),
    ] = None
    license: Annotated[
        DeveloperName | None,
        Field(description="For `allows`: the permission set licence that it is made for, by its key."),
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> "SalesforceRole":
        if (self.uses is None) == (self.allows is None):
            raise ValueError("says exactly one of uses (what exists in the org) and allows (what guestlist defines)")
        if self.allows is None and (self.activation or self.license):
            raise ValueError("activation and license belong to what a role allows; what it uses has its own in the org")
        if self.records is not None and (self.uses is None or self.uses.named[0].kind not in ASSIGNED):
            raise ValueError("records belongs to a role that uses a permission set or a permission set group")
        return self

    @property
    def native(self) -> Native | None:
        """What the org calls what it uses; None when guestlist defines it."""
        return None if self.uses is None else self.uses.named[0]

    def content(self, role: str) -> Content | None:
        """What it defines under the role's name; None when it uses something."""
        if self.allows is None:
            return None
        return Content(
            mark=role,
            objects=self.allows.flags,
            fields=self.allows.levels,
            system=frozenset(self.allows.system),
            session=self.activation == "session",
            license=self.license,
        )

    def narrows(self, beside: Collection[str] = ()) -> Mapping[str, Native]:
        """The words of a scope that it can be narrowed by, and the share of such a record that the role then needs.

        A role that is about cases can be narrowed to an account, which is then shared with its cases. Of a role that is
        about accounts too, a scope that names cases `beside` means these cases only, and the accounts without theirs.
        """
        native = self.native
        if self.allows is not None:
            flags = self.allows.flags
            cases, accounts = (_level(flags[name]) if name in flags else "" for name in ("Case", "Account"))
            return _narrowing(cases, accounts, beside)
        if native is not None and native.kind in _RECORDS:
            return {_RECORDS[native.kind]: native}
        if native is not None and native.kind in ASSIGNED:
            if isinstance(self.records, Shared):
                cases, accounts = ((level or "").capitalize() for level in (self.records.cases, self.records.accounts))
                return _narrowing(cases, accounts, beside)
            level = EDIT if self.records == "edit" else READ
            return {CASES: Native(CASE_SHARE, level), ACCOUNTS: levels.account_share(level)}
        return {}

    @property
    def touches(self) -> frozenset[str]:
        """The words of a scope for the records that its declaration says it is about."""
        return frozenset() if self.uses is not None and self._open else frozenset(self.narrows())

    @property
    def _open(self) -> bool:
        """Whether only the org knows what it is about."""
        return self.records is None and (self.native is None or self.native.kind not in _RECORDS)


def _level(flags: frozenset[str]) -> str:
    return EDIT if needs_edit(flags) else READ


def _narrowing(cases: str, accounts: str, beside: Collection[str]) -> dict[str, Native]:
    """The least shares for a role that is about cases, or accounts, or both; empty is not about them."""
    if not cases:
        return {ACCOUNTS: levels.account_share(accounts)} if accounts else {}
    with_cases = "" if accounts and CASES in beside else cases
    return {CASES: Native(CASE_SHARE, cases), ACCOUNTS: levels.account_share(accounts or READ, with_cases)}
