"""A live population in the words of declarations: whose account is whose, and which role each thing held would be.

Pure: everything is in what was observed. What no role can say (tokens, rights that are nobody's to give) is left out.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, get_args

from connectors.salesforce.content import Content, content_of, native_of
from connectors.salesforce.roles import AccountLevels
from connectors.salesforce.vocabulary import MEANS, READ
from connectors.salesforce.words import (
    A_EMAIL,
    A_FEDERATION_ID,
    A_FIRST_NAME,
    A_LAST_NAME,
    A_PROFILE,
    ACCOUNT_SHARE,
    ACCOUNT_TEAM_ROLE,
    ASSIGNED,
    CASE_SHARE,
    CASE_TEAM_ROLE,
    EDIT,
    GROUP,
    PERMISSION_SET,
    PERMISSION_SET_GROUP,
    PERMISSION_SET_LICENSE,
    PROFILE,
    QUEUE,
    USER_ROLE,
)
from reconciler.errors import DeclarationError
from reconciler.model import Account, Live, Native
from reconciler.ports import AdoptedAccount, AdoptedRole, Adoption

_NAMED: Mapping[str, str] = {
    PERMISSION_SET: "{}",
    PERMISSION_SET_GROUP: "{}",
    PERMISSION_SET_LICENSE: "licence {}",
    GROUP: "{}",
    QUEUE: "queue {}",
    USER_ROLE: "role {}",
    CASE_TEAM_ROLE: "case team {}",
    ACCOUNT_TEAM_ROLE: "account team {}",
    CASE_SHARE: "case share {}",
    ACCOUNT_SHARE: "account share {}",
}
"""What a role is called that uses something of a kind; what is not here, no role can use."""
_API_ONLY = "PermissionsApiUserOnly"
_SHARES = frozenset({CASE_SHARE, ACCOUNT_SHARE})
_DECLARED = frozenset(get_args(AccountLevels))
"""The shares that a role can use; one that gives more, nobody declares."""
_MADE_BY_HAND = "nobody declares it, though guestlist made it: see whether the role was removed on purpose"


def adoption(live: Live) -> Adoption:
    """Accounts by id and roles by native; see the port."""
    held: dict[str, set[Native]] = {}
    for binding in live.bindings:
        if binding.brought_by and binding.unremovable is None:
            continue  # a licence that comes and goes with a permission set, which is declared
        held.setdefault(binding.key.account, set()).add(binding.key.native)
    natives = {native for some in held.values() for native in some}
    roles = {native: _role(native, live, held) for native in natives}
    return Adoption(
        accounts={
            account.id: _account(account, _api_only(account, held.get(account.id, set()), live))
            for account in live.population()
        },
        roles={native: role for native, role in roles.items() if role is not None},
    )


def _account(account: Account, kind: Literal["human", "automation"]) -> AdoptedAccount:
    attributes = account.attributes
    email = attributes.get(A_EMAIL)
    names = (attributes.get(A_FIRST_NAME), attributes.get(A_LAST_NAME))
    federation_id = attributes.get(A_FEDERATION_ID)
    declared: str | Mapping[str, str] | None = account.name
    if federation_id is not None:
        declared = {"username": account.name, "federationId": federation_id}
    elif email == account.name.lower():
        declared = None
    return AdoptedAccount(
        declared=declared, email=email, title=" ".join(name for name in names if name) or None, kind=kind
    )


def _api_only(account: Account, held: set[Native], live: Live) -> Literal["human", "automation"]:
    """A machine is what may use nothing but the API."""
    natives = {*held, Native(PROFILE, account.attributes.get(A_PROFILE, ""))}
    found = any(risk.permission == _API_ONLY for native in natives for risk in live.risks.get(native, ()))
    return "automation" if found else "human"


def _role(native: Native, live: Live, held: Mapping[str, set[Native]]) -> AdoptedRole | None:
    if native in live.definitions:
        return _defined(native, content_of(live.definitions[native].text))
    if native.kind not in _NAMED or (native.kind in _SHARES and native.name not in _DECLARED):
        return None
    spec: dict[str, object] = {"connector": "salesforce", "uses": {native.kind: native.name}}
    if native.kind in ASSIGNED and _edits(native, held):
        spec["records"] = "edit"
    return AdoptedRole(_NAMED[native.kind].format(native.name), spec)


def _edits(native: Native, held: Mapping[str, set[Native]]) -> bool:
    """Whether the shares of those who hold it all let records be edited, so that the role is for editing them."""
    levels = Counter(
        other.name for natives in held.values() if native in natives for other in natives if other.kind in _SHARES
    )
    return set(levels) == {EDIT}


def _defined(native: Native, content: Content) -> AdoptedRole | None:
    """The role that a permission set of ours was made from; None where nothing that can be declared is it."""
    try:
        if content.mark is None or content.access or native_of(content.mark) != native:
            return None
    except DeclarationError:
        return None
    allows: dict[str, object] = {}
    if content.objects:
        allows["objects"] = {name: _words(flags) for name, flags in sorted(content.objects.items())}
    if content.fields:
        allows["fields"] = {name: "edit" if edit else "read" for name, edit in sorted(content.fields.items())}
    if content.system:
        allows["system"] = sorted(content.system)
    spec: dict[str, object] = {"connector": "salesforce", "allows": allows}
    if content.session:
        spec["activation"] = "session"
    if content.license is not None:
        spec["license"] = content.license
    return AdoptedRole(content.mark, spec, _MADE_BY_HAND)


def _words(flags: frozenset[str]) -> list[str]:
    """The fewest words that mean exactly these object permissions; more than that where none do."""
    words: list[str] = []
    left = set(flags)
    for word in ("modifyAll", "delete", "create", "edit", "viewAll", "read"):
        if MEANS[word] <= flags and (left & MEANS[word] - {READ} or (word == "read" and not words)):
            words.append(word)
            left -= MEANS[word]
    return sorted(words) or ["read"]
