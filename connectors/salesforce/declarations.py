"""How Salesforce targets, roles and accounts are declared, and how a role compiles into what an org holds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError, model_validator

from connectors.salesforce.auth import long_id
from connectors.salesforce.content import Content, native_of
from connectors.salesforce.flags import risks
from connectors.salesforce.roles import SalesforceRole, Uses
from connectors.salesforce.spelling import FederationIdentifier, Label, Username
from connectors.salesforce.targets import (
    ADMINISTRATOR,
    ClientCredentials,
    Exclusion,
    JwtBearer,
    Population,
    SalesforceTarget,
    Selector,
)
from connectors.salesforce.words import (
    A_EMAIL,
    A_FEDERATED,
    A_FEDERATION_ID,
    A_FIRST_NAME,
    A_LAST_NAME,
    A_PROFILE,
    ACCOUNTS,
    NARROWED,
)
from reconciler.desired.basics import Strict
from reconciler.desired.kinds import Compiled
from reconciler.desired.models import PrincipalSpec, TargetSpec, VendorSpec
from reconciler.errors import DeclarationError
from reconciler.model import FOLLOWED, AccountKey, Definition, Native, Scope

__all__ = [
    "ADMINISTRATOR",
    "ClientCredentials",
    "Exclusion",
    "JwtBearer",
    "Population",
    "SalesforceRole",
    "SalesforceSchema",
    "SalesforceTarget",
    "Selector",
    "Uses",
    "definition",
    "federation_key",
    "username_key",
]

_CASE_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,29}")
_ASSIGNED_TO = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_ACCOUNT_ID = re.compile(r"001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
_LONGEST_FIRST, _LONGEST_LAST = 40, 80
"""Characters of User.FirstName and User.LastName (Salesforce object reference)."""


def _no_administrator(profile: str) -> str:
    if profile.strip().casefold() == ADMINISTRATOR.casefold():
        raise ValueError(f"a vendor's account is never a {ADMINISTRATOR}")
    return profile


class NamedAccount(Strict):
    """An account by its Username, or by the FederationIdentifier that single sign-on uses, in which case counts.

    With a Username beside it, the federation id is what the account is to have.
    """

    username: Username | None = None
    federation_id: FederationIdentifier | None = None
    profile: Annotated[
        Annotated[Label, AfterValidator(_no_administrator)] | None,
        Field(description="The profile that it is to have, as the org writes its name."),
    ] = None

    @model_validator(mode="after")
    def _names_somebody(self) -> "NamedAccount":
        if self.username is None and self.federation_id is None:
            raise ValueError("names nobody; write a username, a federationId, or both")
        return self


AccountName = Username | NamedAccount
_ACCOUNT: TypeAdapter[str | NamedAccount] = TypeAdapter(AccountName)


def username_key(username: str) -> AccountKey:
    """The key of a Username, which ignores case."""
    return AccountKey("username", username.lower())


def federation_key(identifier: str) -> AccountKey:
    """The key of a FederationIdentifier, taken exactly."""
    return AccountKey("federationId", identifier)


def definition(native: Native, content: Content) -> Definition:
    """What guestlist keeps in an org, or what an org says of it, as the plan compares it.

    What holds in an activated session only may be held standing, so none of its risks is high.
    """
    checked = [f"Permissions{name}" for name in content.system]
    found = risks(checked, content.objects, f"permission set {native.name}")
    return Definition(
        native=native,
        text=content.text,
        meaning=content.text,
        lasting=True,
        risks=tuple(replace(risk, high=False) for risk in found) if content.session else found,
        words=content.words,
    )


class SalesforceSchema:
    """How Salesforce targets are declared."""

    name = "salesforce"
    target_model: type[TargetSpec] = SalesforceTarget
    role_model: type[BaseModel] = SalesforceRole
    account_model: object = AccountName

    def account_key(
        self,
        declared: object | None,
        *,
        vendor: str,  # noqa: ARG002  the port names it; a Username needs no vendor
        principal: str,  # noqa: ARG002  likewise
        email: str | None,
    ) -> AccountKey | None:
        """The declared Username or FederationIdentifier, or else the e-mail as Username."""
        if declared is None:
            return None if email is None else username_key(email)
        named = _named(declared)
        if named.username is not None:
            return username_key(named.username)
        return federation_key(named.federation_id or "")

    def account_attributes(
        self,
        declared: object | None,
        *,
        target: TargetSpec,
        vendor_name: str,  # noqa: ARG002  the port names it
        vendor: VendorSpec,
        principal: PrincipalSpec,
    ) -> Mapping[str, str]:
        """Profile, federation id and login conditions; where guestlist creates accounts, also name and e-mail.

        The profile is asked for where it is declared and where accounts are created; otherwise any that is allowed
        will do, and one that is not is something that the org holds and nobody granted.
        """
        org = _target(target)
        named = NamedAccount.model_construct() if declared is None else _named(declared)
        asked: dict[str, str] = {}
        if named.federation_id is not None:
            asked[A_FEDERATION_ID] = named.federation_id
        elif org.federated is not None:
            if org.accounts == "create":
                raise DeclarationError(
                    f"{principal.name} has no federation id, which the target asks of every account; "
                    "write accounts: {…: {username: …, federationId: …}}"
                )
            asked[A_FEDERATED] = org.federated
        profile = _profile(named, org)
        if profile is not None:
            if not org.allows_profile(profile):
                raise DeclarationError(f"{principal.name} has the profile {profile}, which the target does not allow")
            asked[A_PROFILE] = profile
        if org.accounts == "create":
            asked |= _person(principal)
        conditions = org.conditions.get(vendor.tier)
        return asked if conditions is None else {**asked, **conditions.attributes}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:  # noqa: ARG002  the port names it
        """A Salesforce role says nothing in the words of a contract."""
        return {}

    def exposes(self, spec: BaseModel) -> frozenset[str]:
        """The objects and fields of a role that guestlist defines; what the org defines is read there."""
        content = _role("", spec).content("")
        return frozenset() if content is None else content.shows

    def needs_scope(self, spec: BaseModel) -> frozenset[str]:
        """The words of a scope for the customers' records that the role is about, by its declaration alone.

        A grant of it names at least one of them, or says with `unscoped` why it cannot.
        """
        return _role("", spec).touches

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002  the port's words; a role is the same for everybody in every org
        vendor: str,  # noqa: ARG002  likewise
        principal: str,  # noqa: ARG002  likewise
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """What the role uses or defines, and beside it each record of the scope.

        The permission set ends by itself and shows nothing of an object whose sharing is private; a share is inert
        without a permission set that allows the object. So both are given, and the ending of one ends all.
        """
        declared = _role(role, spec)
        content = declared.content(role)
        if content is not None:
            native = native_of(role)
            base = Compiled(native, definition(native, content))
        else:
            base = Compiled(_native(declared))
        records_only = base.native.kind in NARROWED
        if records_only and not scope:
            raise DeclarationError(
                f"role {role}: a share or a place in a team is of single records; give the grant a scope with "
                f"{' or '.join(declared.narrows())}"
            )
        records = [
            Compiled(share, scope=narrow)
            for share, narrow in _shares(role, declared.narrows([word for word, _ in scope]), scope)
        ]
        return tuple(records) if records_only else (base, *records)


def _shares(role: str, narrows: Mapping[str, Native], scope: Scope) -> Iterator[tuple[Native, Scope]]:
    """Each record of the scope once, with the share that gives it."""
    for word, values in scope:
        if word not in narrows:
            able = f"only to {' and '.join(sorted(narrows))}" if narrows else "to no records"
            raise DeclarationError(f"role {role} can be narrowed {able}, and the scope names {word}")
        for value in dict.fromkeys(_record(role, word, value) for value in values):
            yield narrows[word], ((word, (value,)),)


def _record(role: str, word: str, value: str) -> str:
    """A record's name in canonical form."""
    if word == ACCOUNTS:
        return long_id(value) if _ACCOUNT_ID.fullmatch(value) else value
    if value.startswith(FOLLOWED):
        if not _ASSIGNED_TO.fullmatch(value.removeprefix(FOLLOWED)):
            raise DeclarationError(
                f"role {role}: assignedTo names a queue or a field of Case by its API name, such as Support_L2"
            )
    elif not _CASE_NUMBER.fullmatch(value):
        raise DeclarationError(f"role {role}: {value!r} is no case number; write it as the org does: '00001042'")
    return value


def _profile(named: NamedAccount, org: SalesforceTarget) -> str | None:
    if named.profile is not None:
        return named.profile
    return org.new_accounts.profile if org.accounts == "create" and org.new_accounts is not None else None


def _person(principal: PrincipalSpec) -> dict[str, str]:
    """Name and e-mail of an account that guestlist makes, as far as they are declared."""
    person: dict[str, str] = {}
    if principal.email is not None:
        person[A_EMAIL] = principal.email.lower()
    if principal.title is not None:
        first, _, last = principal.title.strip().rpartition(" ")
        person[A_LAST_NAME] = last[:_LONGEST_LAST]
        if first.strip():
            person[A_FIRST_NAME] = first.strip()[:_LONGEST_FIRST].strip()
    return person


def _named(declared: object) -> NamedAccount:
    if isinstance(declared, BaseModel):
        declared = declared.model_dump(by_alias=True)
    try:
        named = _ACCOUNT.validate_python(declared)
    except ValidationError as error:
        raise DeclarationError("a Salesforce account is a Username, or {username: …, federationId: …}") from error
    return NamedAccount.model_construct(username=named) if isinstance(named, str) else named


def _role(role: str, spec: BaseModel) -> SalesforceRole:
    if not isinstance(spec, SalesforceRole):
        raise DeclarationError(f"role {role}: not a Salesforce role")
    return spec


def _native(declared: SalesforceRole) -> Native:
    if declared.native is None:
        raise DeclarationError("not a role that uses what exists in the org")
    return declared.native


def _target(target: TargetSpec) -> SalesforceTarget:
    if not isinstance(target, SalesforceTarget):
        raise DeclarationError("not the declaration of a Salesforce target")
    return target
