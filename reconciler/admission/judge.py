"""`judge(grant, now)`: pure, total, and monotonic: taking away a proof, a condition or time never admits more.

Each check is one function from a grant and an instant to the reason that speaks against it, or None. A new condition
of admission is one more check in `CHECKS`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from reconciler.admission.judgement import Admitted, Judgement, Lapsed, Unknown
from reconciler.model import Grant, Reason, ReasonCode

Check = Callable[[Grant, datetime], Reason | None]


def _day(grant: Grant, end: datetime) -> str:
    """The last day on which something that ends at `end` still holds, as people write it."""
    last = (end - timedelta(microseconds=1)).astimezone(grant.zone)
    return f"{last.day} {last:%B %Y}"


def _declaration(grant: Grant, _: datetime) -> Reason | None:
    return grant.lapse


def _expired(grant: Grant, now: datetime) -> Reason | None:
    if now < grant.end:
        return None
    return Reason(ReasonCode.EXPIRED, f"ended on {_day(grant, grant.end)}", grant.at)


def _contract_ended(grant: Grant, now: datetime) -> Reason | None:
    if now < grant.contract_end:
        return None
    text = f"the contract of {grant.vendor} ended on {_day(grant, grant.contract_end)}"
    return Reason(ReasonCode.CONTRACT_ENDED, text, grant.at)


def _not_yet(grant: Grant, now: datetime) -> Reason | None:
    starts = max(grant.contract_start, grant.start or grant.contract_start)
    if now >= starts:
        return None
    begins = starts.astimezone(grant.zone)
    return Reason(ReasonCode.NOT_YET, f"begins on {begins.day} {begins:%B %Y}", grant.at)


def _sponsor(grant: Grant, _: datetime) -> Reason | None:
    if grant.sponsor.known:
        return None
    text = f"the sponsor {grant.sponsor.name} is nobody in people/; a new sponsor has to vouch for {grant.vendor}"
    return Reason(ReasonCode.SPONSOR_CHANGED, text, grant.sponsor.at)


def _accountable(grant: Grant, _: datetime) -> Reason | None:
    who = grant.principal
    if who.kind == "human" or who.accountable is not None:
        return None
    field = "onBehalfOf" if who.kind == "persona" else "owner"
    text = f"no human answers for the {who.kind} {who.name}; name one in {field}"
    return Reason(ReasonCode.UNPROOFED, text, who.at)


def _proofing(grant: Grant, _: datetime) -> Reason | None:
    who = grant.principal
    if who.kind == "automation":
        return None
    if who.proofed is None:
        return Reason(ReasonCode.UNPROOFED, f"nobody has proofed who {who.name} is", who.at)
    if who.proofed < grant.sponsor.since:
        since = grant.sponsor.since.astimezone(grant.zone)
        text = f"{who.name} was proofed before {grant.sponsor.name} became sponsor on {since.day} {since:%B %Y}"
        return Reason(ReasonCode.UNPROOFED, text, who.at)
    return None


def _mfa(grant: Grant, _: datetime) -> Reason | None:
    who = grant.principal
    if who.kind == "automation" or who.mfa:
        return None
    return Reason(ReasonCode.MFA_MISSING, f"{who.name} is not required to use a second factor (mfa: required)", who.at)


ENDED: tuple[Check, ...] = (_expired, _contract_ended)
"""What has ended has ended, however doubtful the rest is."""

CHECKS: tuple[Check, ...] = (*ENDED, _declaration, _sponsor, _accountable, _proofing, _mfa, _not_yet)


def judge(grant: Grant, now: datetime) -> Judgement:
    """Whether `grant` gives what it declares at the instant `now`.

    A grant whose declaration is in doubt (its file is broken) is unknown, unless its last valid version had ended: a
    hold never outlives what was already ended.
    """
    checks = CHECKS if grant.doubt is None else ENDED
    against = tuple(reason for check in checks if (reason := check(grant, now)) is not None)
    if against:
        return Lapsed(against)
    if grant.doubt is not None:
        return Unknown(grant.doubt)
    return Admitted(Reason(ReasonCode.DECLARED, grant.reason, grant.at))
