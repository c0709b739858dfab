"""Accounts and e-mails that two vendors claim: the earlier declaration stands, the later is refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reconciler.desired.accounts import Accounts
from reconciler.desired.declared import Vendor
from reconciler.desired.history import History
from reconciler.model import AccountKey, Claim, Grant, Reason, ReasonCode

_EMAIL = "e-mail"


@dataclass(frozen=True, slots=True)
class _Contender:
    """A principal that claims something; `target` is None for an e-mail, which counts everywhere."""

    vendor: str
    principal: str
    target: str | None
    at: str


def settle(
    claims: Sequence[Claim],
    grants: Sequence[Grant],
    vendors: Mapping[str, Vendor],
    *,
    accounts: Accounts,
    history: History,
) -> tuple[tuple[Claim, ...], tuple[Grant, ...]]:
    """The claims and grants, with the later ones of every conflict refused."""
    refused: dict[tuple[str, str, str | None], Reason] = {}
    for key, contenders in _contested(claims, vendors):
        claiming = partial(_claims, key, accounts)
        ages = {name: history.age(vendors[name].file, claiming) for name in {one.vendor for one in contenders}}
        first, *later = sorted(contenders, key=lambda one: (-ages[one.vendor], one.vendor))
        for one in later:
            if one.vendor != first.vendor:
                refused.setdefault((one.vendor, one.principal, one.target), _reason(key, first, one))
    if not refused:
        return tuple(claims), tuple(grants)

    def why(one: Claim | Grant, principal: str) -> Reason | None:
        return refused.get((one.vendor, principal, None)) or refused.get((one.vendor, principal, one.target))

    return (
        tuple(replace(one, refused=one.refused or why(one, one.principal)) for one in claims),
        tuple(replace(one, lapse=one.lapse or why(one, one.principal.name)) for one in grants),
    )


def _contested(
    claims: Sequence[Claim], vendors: Mapping[str, Vendor]
) -> Iterator[tuple[tuple[str, AccountKey], list[_Contender]]]:
    """What more than one vendor claims, with everybody who does."""
    claimed: dict[tuple[str, AccountKey], list[Claim]] = {}
    for claim in claims:
        claimed.setdefault((claim.target, claim.key), []).append(claim)
    for key, who in claimed.items():
        if len(who) > 1 and len({one.vendor for one in who}) > 1:
            yield key, [_Contender(one.vendor, one.principal, one.target, one.at) for one in who]

    written: dict[str, list[tuple[Vendor, int]]] = {}
    for vendor in vendors.values():
        for position, principal in enumerate(vendor.spec.principals):
            if principal.email:
                written.setdefault(principal.email.lower(), []).append((vendor, position))
    for email, places in written.items():
        if len(places) > 1 and len({vendor.name for vendor, _ in places}) > 1:
            yield (
                _email(email),
                [
                    _Contender(vendor.name, vendor.spec.principals[at].name, None, vendor.at("principals", at))
                    for vendor, at in places
                ],
            )


def _claims(key: tuple[str, AccountKey], accounts: Accounts, vendor: Vendor) -> bool:
    return key in _keys(vendor, accounts)


def _keys(vendor: Vendor, accounts: Accounts) -> Iterator[tuple[str, AccountKey]]:
    for principal in vendor.spec.principals:
        yield from accounts.keys(vendor.name, principal)
        if principal.email:
            yield _email(principal.email)


def _email(address: str) -> tuple[str, AccountKey]:
    return "", AccountKey(_EMAIL, address.lower())


def _reason(key: tuple[str, AccountKey], first: _Contender, later: _Contender) -> Reason:
    target, account = key
    where = f" in {target}" if target else ""
    text = (
        f"{account}{where} is already declared by {first.vendor} ({first.at}): one person stands in one vendor's file"
    )
    return Reason(ReasonCode.AMBIGUOUS_ACCOUNT, text, later.at)
