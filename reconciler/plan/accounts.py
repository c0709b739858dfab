"""Accounts, desired against live: which are created, put right, opened and closed, and what is held as it is."""

from collections.abc import Iterator

from reconciler.model import Account, Reason, ReasonCode, is_provisional
from reconciler.plan.changes import AnyChange, CreateAccount, DisableAccount, EnableAccount, State, UpdateAccount
from reconciler.plan.compared import Compared
from reconciler.plan.demand import Hold
from reconciler.plan.matching import Match
from reconciler.plan.taints import differing, wrong


def compare_accounts(sides: Compared) -> tuple[list[AnyChange], list[Hold]]:
    """What becomes of every account of the population, and of those that are still to be created."""
    owners = sides.demand.matching.owners
    given = {key.account for key in sides.demand.wanted}
    changes: list[AnyChange] = []
    held: list[Hold] = []
    for account in sides.live.population():
        owned = owners.get(account.id)
        if owned is not None:
            changes.extend(_of_principal(sides, owned, wanted=account.id in given))
            held.extend(_left(sides, account))
            continue
        closing = tuple(_of_nobody(sides, account))
        doubt = sides.demand.doubt(account) if closing else None
        if doubt is None:
            changes.extend(closing)
        elif account.enabled or account.lingering:
            held.append(Hold(sides.live.target, doubt, account=account.name))
    changes.extend(_created(sides, owners[id_]) for id_ in sorted(given) if is_provisional(id_))
    return changes, held


def _of_nobody(sides: Compared, account: Account) -> Iterator[DisableAccount]:
    """Close an account that no vendor declares; later, when Settings say so, for good."""
    if account.enabled or account.lingering:
        text = "no vendor declares this account"
        if account.lingering:
            text += "; nobody can log in any more, but sessions from before are alive"
        yield _closed(sides, account, (Reason(ReasonCode.UNLISTED_ACCOUNT, text),))
        return
    known = sides.memory.accounts.get(account.id)
    grace = sides.demand.terms.grace
    if account.retired or grace is None or known is None or not known.closed or known.closed_at is None:
        return
    if sides.demand.at - known.closed_at >= grace:
        text = f"guestlist closed it on {known.closed_at:%Y-%m-%d}, and nobody has declared it for {grace.days} days"
        yield DisableAccount(
            **sides.subject(account, None),
            reasons=(Reason(ReasonCode.OFFBOARDED, text),),
            before={"enabled": False, "retired": False},
            after={"enabled": False, "retired": True},
        )


def _closed(sides: Compared, account: Account, reasons: tuple[Reason, ...]) -> DisableAccount:
    return DisableAccount(
        **sides.subject(account, None),
        reasons=reasons,
        before={"enabled": account.enabled, "sessions": account.enabled or account.lingering},
        after={"enabled": False, "sessions": False},
    )


def _of_principal(sides: Compared, owned: Match, *, wanted: bool) -> Iterator[AnyChange]:
    """Close a principal's account for what cannot be taken off it; otherwise put it right, and open it when wanted."""
    account, claim = owned.account, owned.claim
    tainted = sides.demand.tainted.get(account.id)
    if tainted and sides.demand.terms.freezes and (account.enabled or account.lingering):
        yield _closed(sides, account, tainted)
        return
    opening = wanted and not tainted and _ours_to_open(sides, account)
    if claim.doubt is None and (account.enabled or opening):
        yield from _corrected(sides, owned)
    if opening:
        yield EnableAccount(
            **sides.subject(account, None),
            reasons=(Reason(ReasonCode.DECLARED, "declared again", claim.at),),
            before={"enabled": False},
            after={"enabled": True},
        )


def _ours_to_open(sides: Compared, account: Account) -> bool:
    closed = not account.enabled and sides.memory.closed(account.id)
    return closed and account.reopenable and not account.retired


def _corrected(sides: Compared, owned: Match) -> Iterator[UpdateAccount]:
    """Put an account right, unless what it is declared to be would show what it may not: that is held."""
    tainted = sides.demand.tainted.get(owned.account.id, ())
    if any(reason.code is ReasonCode.DATA_TIER_VIOLATION for reason in tainted):
        return
    names = [name for name in wrong(owned) if name not in owned.account.fixed]
    if not names:
        return
    text = "; ".join(differing(owned, name) for name in names)
    before: State = {name: owned.account.attributes.get(name) for name in names}
    yield UpdateAccount(
        **sides.subject(owned.account, None),
        reasons=(Reason(ReasonCode.WRONG_ACCOUNT, text, owned.claim.at),),
        before=before,
        after={name: owned.claim.attributes[name] for name in names},
        attributes={name: owned.claim.attributes[name] for name in names},
    )


def _created(sides: Compared, owned: Match) -> CreateAccount:
    text = f"{owned.claim.principal} has no account in {sides.live.target} yet"
    return CreateAccount(
        **sides.subject(owned.account, None),
        reasons=(Reason(ReasonCode.DECLARED, text, owned.claim.at),),
        after=dict(owned.claim.attributes),
        key=owned.claim.key,
        attributes=dict(owned.claim.attributes),
    )


def _left(sides: Compared, account: Account) -> Iterator[Hold]:
    """What of a declared, open account can neither be put right nor be left: rights themselves are held one by one."""
    if sides.demand.terms.freezes or not (account.enabled or account.lingering):
        return
    for reason in sides.demand.tainted.get(account.id, ()):
        if reason.code is not ReasonCode.UNREMOVABLE:
            yield sides.hold(account, reason)
