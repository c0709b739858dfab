"""What speaks against a grant because of what its role really allows and shows in the target.

Pure and monotonic like `judge`: one more risk, one more thing shown or one tier less never admits more.
"""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model import Exposure, Grant, Label, Live, Native, Reason, ReasonCode

Labels = Mapping[str, Label]
"""What the items of one target are, by `str.casefold` of their names."""


def against(grant: Grant, live: Live, labels: Labels) -> tuple[Reason, ...]:
    """Why the role of `grant` may not be held, or nothing.

    What counts is what the target says of the role, where it was read. Of a role that guestlist defines what is
    declared counts: what is live besides is put right.
    """
    if grant.native is None:
        return ()
    return (*_risks(grant, grant.native, live), *_exposures(grant, grant.native, live, labels))


def _risks(grant: Grant, native: Native, live: Live) -> Iterator[Reason]:
    if native in live.activated:
        return
    risks = live.risks.get(native, ()) if grant.definition is None else grant.definition.risks
    for risk in sorted(risks):
        if risk.high:
            instead = ", or let the role hold only in sessions that it was activated for" if live.activates else ""
            text = (
                f"{risk.via} allows {risk.flag} ({risk.permission}), which nobody may hold standing: take it out of the"
                f" role{instead}"
            )
            yield Reason(ReasonCode.RULE_DENIED, text, grant.at)


def _exposures(grant: Grant, native: Native, live: Live, labels: Labels) -> Iterator[Reason]:
    found = live.definitions.get(native)
    if grant.definition is not None and (found is None or found.meaning != grant.definition.meaning):
        return
    yield from violations(live.exposures.get(native, ()), labels, grant.shows)


def violations(exposures: Iterable[Exposure], labels: Labels, shows: frozenset[str]) -> Iterator[Reason]:
    """What is shown although its tier is none of those that may be, and by which path."""
    for exposure in sorted(exposures):
        label = labels.get(exposure.item.casefold())
        if label is not None and label.tier not in shows:
            text = f"{exposure.via} shows {exposure.item}, which is {label.tier}"
            yield Reason(ReasonCode.DATA_TIER_VIOLATION, text, label.at or None)
