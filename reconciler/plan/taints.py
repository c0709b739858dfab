"""What stands on declared accounts that nobody wants there and guestlist cannot take away."""

from collections import defaultdict
from collections.abc import Container, Mapping

from reconciler.admission.content import Labels, violations
from reconciler.model import SHOWN_BY_DEFAULT, BindingKey, Live, LiveBinding, Native, Reason, ReasonCode
from reconciler.plan.demand import Wanted
from reconciler.plan.differing import difference
from reconciler.plan.matching import Match, Matching
from reconciler.plan.staying import stays


def taints(
    live: Live,
    matching: Matching,
    wanted: Mapping[BindingKey, Wanted],
    *,
    uncertain: Container[BindingKey],
    labels: Labels,
) -> Mapping[str, tuple[Reason, ...]]:
    """By account, of those that a principal declares and nobody doubts: each reason with the path that it names.

    Three kinds: a right that cannot be taken away, and does not go with something else that will; an attribute that
    cannot be put right; and data that is shown by what an attribute names (`Native("profile", …)` in
    `Live.exposures`).
    """
    found: dict[str, dict[Reason, None]] = defaultdict(dict)

    def kept(key: BindingKey) -> bool:
        return key in wanted or key in uncertain

    for binding in live.bindings:
        if binding.unremovable is not None and not kept(binding.key):
            account = live.accounts[binding.key.account]
            if stays(binding, account, matching.owners.get(account.id), kept):
                found[account.id][unremovable(binding)] = None
    shown: dict[str, frozenset[str]] = defaultdict(lambda: SHOWN_BY_DEFAULT)
    for key, want in wanted.items():
        shown[key.account] |= want.grant.shows
    for account_id, owned in matching.owners.items():
        for reason in (*wrong_and_fixed(owned), *_exposed(owned, live, labels, shown[account_id])):
            found[account_id][reason] = None
    return {
        account: tuple(reasons)
        for account, reasons in sorted(found.items())
        if account in matching.owners and matching.owners[account].claim.doubt is None
    }


def unremovable(binding: LiveBinding) -> Reason:
    """Why a right is left, with the path by which the account has it."""
    native = binding.key.native
    return Reason(ReasonCode.UNREMOVABLE, f"{native.kind} {native.name}: {binding.unremovable}")


def wrong(owned: Match) -> tuple[str, ...]:
    """The declared attributes that the account does not have as declared."""
    if not owned.claim.attributes:
        return ()
    has = owned.account.attributes
    return tuple(name for name, value in sorted(owned.claim.attributes.items()) if has.get(name, "") != value)


def differing(owned: Match, name: str) -> str:
    """In words, how an attribute differs from what is declared; of a structured one, only what differs."""
    has = owned.account.attributes.get(name)
    differs = difference(has, owned.claim.attributes[name])
    if differs is not None:
        return f"{name}: {differs}"
    is_now = f"{name} is {has}" if has else f"{name} is not set"
    return f"{is_now}, declared is {owned.claim.attributes[name] or 'none'}"


def wrong_and_fixed(owned: Match) -> list[Reason]:
    """The declared attributes that are not as declared and cannot be changed."""
    if not owned.account.fixed:
        return []
    return [
        Reason(ReasonCode.WRONG_ACCOUNT, f"{differing(owned, name)}; {owned.account.fixed[name]}", owned.claim.at)
        for name in wrong(owned)
        if name in owned.account.fixed
    ]


def _exposed(owned: Match, live: Live, labels: Labels, shows: frozenset[str]) -> list[Reason]:
    """What is shown to the account by what its attributes name once they are as declared, and may not be."""
    if not live.exposures or not labels:
        return []
    account = owned.account
    becomes = {name: value for name, value in owned.claim.attributes.items() if name not in account.fixed}
    return [
        reason
        for name, value in sorted({**account.attributes, **becomes}.items())
        for reason in violations(live.exposures.get(Native(name, value), ()), labels, shows)
    ]
