"""What was decided and done, on a branch of its own that only grows; and on which revision a run may stand.

ledger = Ledger.open(repo)
memory = ledger.memory(targets, now)                 # for planning; never raises
run = ledger.begin(plan, now=now)                    # before the first write
run.record(outcomes, now=now)                        # as they are known
run.end(exit_code=..., readings={...}, now=now)      # after verification
"""

from reconciler.ledger.branch import APPLIED, VERIFIED, Branches, check_applicable, head_of
from reconciler.ledger.ledger import Ledger, Recollection, Run
from reconciler.ledger.rotation import Rotating, Rotation
from reconciler.ledger.state import Reading
from reconciler.ledger.store import BRANCH

__all__ = [
    "APPLIED",
    "BRANCH",
    "VERIFIED",
    "Branches",
    "Ledger",
    "Reading",
    "Recollection",
    "Rotating",
    "Rotation",
    "Run",
    "check_applicable",
    "head_of",
]
