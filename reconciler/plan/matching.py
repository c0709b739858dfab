"""Which live account is whose: the declared claims held against the accounts that a target shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model import Account, AccountKey, Claim, Live, Reason, ReasonCode, provisional


@dataclass(frozen=True, slots=True)
class Match:
    """An account of the population and the one principal that it belongs to."""

    account: Account
    claim: Claim


@dataclass(frozen=True, slots=True)
class Matching:
    """How the claims on one target came out.

    Attributes:
        owners: the accounts that belong to a principal, by the account's id; one that may be created is there too,
            under its provisional id.
        by_key: the same by the key under which it was declared.
        refused: keys that name no account that could be governed, and why.
        held: accounts of which nobody can say whose they are, and why.
        held_keys: the keys that lead to them.
    """

    owners: Mapping[str, Match]
    by_key: Mapping[AccountKey, Match]
    refused: Mapping[AccountKey, Reason]
    held: Mapping[str, Reason]
    held_keys: Mapping[AccountKey, Reason]

    def doubt(self, account: str, blind: Reason | None) -> Reason | None:
        """Why nothing may be concluded from nobody declaring something on this account."""
        if account in self.held:
            return self.held[account]
        owned = self.owners.get(account)
        return blind if owned is None else owned.claim.doubt


def match(claims: Iterable[Claim], live: Live, *, creates: bool = False) -> Matching:
    """Hold the claims on a target against its accounts.

    A key that fits two accounts, or two principals that name one account, is ambiguous: held. A claim on an account
    outside the population is refused: naming an employee costs the employee nothing. With `creates`, a claim without
    doubt that fits no account gets one under a provisional id.
    """
    accounts: dict[AccountKey, list[Account]] = defaultdict(list)
    for account in live.accounts.values():
        for key in account.keys:
            accounts[key].append(account)

    found: dict[AccountKey, Match] = {}
    refused: dict[AccountKey, Reason] = {}
    held: dict[str, Reason] = {}
    held_keys: dict[AccountKey, Reason] = {}
    for claim in _alone(claims, accounts, held, held_keys):
        fitting = accounts.get(claim.key, [])
        if len(fitting) > 1:
            text = f"{claim.key} fits {len(fitting)} accounts in {live.target}; name one of them by another key"
            reason = Reason(ReasonCode.AMBIGUOUS_ACCOUNT, text, claim.at)
            held_keys[claim.key] = reason
            held.update((account.id, reason) for account in fitting)
        elif not fitting and creates and claim.doubt is None:
            found[claim.key] = Match(_to_create(claim), claim)
        elif not fitting:
            text = (
                f"there is no account with {claim.key} in {live.target}; create it there first, or let guestlist do it"
                " (accounts: create, in the target's Settings)"
            )
            refused[claim.key] = Reason(ReasonCode.MISSING_ACCOUNT, text, claim.at)
        elif not fitting[0].inside:
            text = (
                f"{fitting[0].name} is outside the vendors' population of {live.target};"
                " an employee's or excluded account is never adopted"
            )
            refused[claim.key] = Reason(ReasonCode.OUTSIDE_POPULATION, text, claim.at)
        else:
            found[claim.key] = Match(fitting[0], claim)

    owners: dict[str, Match] = {}
    for key, owned in found.items():
        other = owners.setdefault(owned.account.id, owned)
        if other is not owned:
            text = f"{owned.account.name} is named by two principals: {other.claim.at} and {owned.claim.at}"
            reason = Reason(ReasonCode.AMBIGUOUS_ACCOUNT, text, owned.claim.at)
            held[owned.account.id] = reason
            held_keys[key] = held_keys[other.claim.key] = reason
    return Matching(
        owners={id_: owned for id_, owned in owners.items() if id_ not in held},
        by_key={key: owned for key, owned in found.items() if owned.account.id not in held},
        refused=refused,
        held=held,
        held_keys=held_keys,
    )


def _alone(
    claims: Iterable[Claim],
    accounts: Mapping[AccountKey, list[Account]],
    held: dict[str, Reason],
    held_keys: dict[AccountKey, Reason],
) -> Iterable[Claim]:
    """The claims that stand and whose key no other principal names; those of several become holds."""
    alone: dict[AccountKey, Claim] = {}
    for claim in sorted(claims, key=lambda claim: (claim.at, claim.vendor, claim.principal)):
        if claim.refused is not None:
            continue
        other = alone.setdefault(claim.key, claim)
        if other is claim:
            continue
        if (other.vendor, other.principal) == (claim.vendor, claim.principal):
            alone[claim.key] = claim if other.doubt is None else other
            continue
        text = f"{claim.key} is named by two principals: {other.at} and {claim.at}"
        reason = held_keys.setdefault(claim.key, Reason(ReasonCode.AMBIGUOUS_ACCOUNT, text, claim.at))
        held.update((account.id, reason) for account in accounts.get(claim.key, ()))
    return [claim for key, claim in alone.items() if key not in held_keys]


def _to_create(claim: Claim) -> Account:
    return Account(
        id=provisional(claim.key),
        name=claim.key.value,
        keys=frozenset({claim.key}),
        inside=True,
        enabled=True,
        attributes=claim.attributes,
    )
