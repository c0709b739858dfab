"""Which changes a run reaches: what it is narrowed to, and where it only observes.

A change belongs to a vendor, whose mode and narrowing decide. A lasting definition belongs to nobody: it goes with
those who hold the role.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.desired.models import TargetSpec
from reconciler.model import Mode, Native
from reconciler.plan.changes import AnyChange, CreateRole, DeleteRole, RevokeBinding, UpdateRole
from reconciler.plan.demand import Demand
from reconciler.plan.plan import Narrowing


def covered(changes: Iterable[AnyChange], demand: Demand, narrowed: Narrowing) -> list[AnyChange]:
    """The changes that a run narrowed so may make; with a binding goes the shared definition that it stands on."""
    holders = _holders(demand)

    def reaches(change: AnyChange) -> bool:
        if isinstance(change, CreateRole | UpdateRole) and change.vendor is None and change.native is not None:
            vendors = holders.get(change.native) or {None}
            return any(narrowed.covers(change.target, vendor) for vendor in vendors)
        return narrowed.covers(change.target, change.vendor)

    return [change for change in changes if reaches(change)]


def mode_of(changes: Sequence[AnyChange], demand: Demand, spec: TargetSpec) -> Callable[[AnyChange], Mode]:
    """In which mode each change of a target stands.

    A shared definition is written as soon as one of its holders is enforced, and taken away once all of them are.
    """
    holders = _holders(demand)
    leaving: dict[Native, set[str | None]] = defaultdict(set)
    for change in changes:
        if isinstance(change, RevokeBinding) and change.native is not None:
            leaving[change.native].add(change.vendor)

    def of_vendor(vendor: str | None) -> Mode:
        return spec.vendor_modes.get(vendor, spec.mode) if vendor is not None else spec.mode

    def of(change: AnyChange) -> Mode:
        if change.vendor is not None or change.native is None:
            return of_vendor(change.vendor)
        modes: set[Mode] = set()
        if isinstance(change, CreateRole | UpdateRole):
            modes = {of_vendor(vendor) for vendor in holders.get(change.native, ())}
            return spec.mode if not modes else Mode.ENFORCE if Mode.ENFORCE in modes else Mode.OBSERVE
        if isinstance(change, DeleteRole):
            modes = {of_vendor(vendor) for vendor in leaving.get(change.native, ())}
        return Mode.OBSERVE if Mode.OBSERVE in modes else spec.mode

    return of


def _holders(demand: Demand) -> Mapping[Native, set[str | None]]:
    """The vendors that hold each role with a lasting definition, or are to."""
    holders: dict[Native, set[str | None]] = defaultdict(set)
    for key, want in demand.wanted.items():
        if key.native in demand.definitions:
            holders[key.native].add(want.grant.vendor)
    return holders
