"""What became of a change of a binding, in the few words that all writers share."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from connectors.salesforce.records import Result
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding
from reconciler.ports import Outcome, OutcomeStatus

NO_END = "the org keeps no end for it, so it ends when guestlist runs"


def done(change: AnyChange, text: str = "") -> Outcome:
    """It is written."""
    return Outcome(change, OutcomeStatus.DONE, text)


def already(change: AnyChange, text: str) -> Outcome:
    """It was so before."""
    return Outcome(change, OutcomeStatus.ALREADY, text)


def failed(change: AnyChange, text: str) -> Outcome:
    """It is not written."""
    return Outcome(change, OutcomeStatus.FAILED, text)


def revoked(
    written: Iterable[tuple[RevokeBinding, Sequence[Result]]],
    look: Callable[[list[RevokeBinding]], Callable[[RevokeBinding], bool]],
) -> Iterator[Outcome]:
    """The outcomes of revocations, from what became of each of their rows.

    An org also says that a row is not there when our user may not see it. So whatever was not plainly deleted is looked
    for again: `look` reads what there is now and gives what tells whether a change's binding is still there.
    """
    doubtful: list[tuple[RevokeBinding, Result]] = []
    for change, results in written:
        bad = next((result for result in results if not result.done), None)
        if bad is not None:
            doubtful.append((change, bad))
        elif results:
            yield done(change)
        else:
            yield already(change, "it was gone")
    if doubtful:
        there = look([change for change, _ in doubtful])
        for change, bad in doubtful:
            if there(change):
                yield failed(change, bad.text)
            elif bad.gone:
                yield already(change, "it was gone")
            else:
                yield done(change, "it is gone; found by looking again")


def looked_again(
    doubtful: Iterable[tuple[GrantBinding, Result]], there: Callable[[GrantBinding], bool]
) -> Iterator[Outcome]:
    """What was refused or not answered may be there all the same: made by us, or by somebody who was faster."""
    for change, result in doubtful:
        if not there(change):
            yield failed(change, result.text)
        elif result.uncertain:
            yield done(change, "its answer was lost; found by looking again")
        else:
            yield already(change, "somebody was faster")
