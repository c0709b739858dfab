"""Desired against live, for one target: which changes would make them equal, and what is held as it is."""

from reconciler.model import Live
from reconciler.plan.accounts import compare_accounts
from reconciler.plan.bindings import compare_bindings
from reconciler.plan.changes import AnyChange
from reconciler.plan.compared import Compared
from reconciler.plan.demand import Demand, Hold
from reconciler.plan.memory import TargetMemory
from reconciler.plan.roles import compare_roles


def diff(demand: Demand, live: Live, memory: TargetMemory) -> tuple[list[AnyChange], list[Hold]]:
    """The changes that make `live` what `demand` asks for, unordered, and what is held although it is not asked for."""
    sides = Compared(demand, live, memory)
    bindings = compare_bindings(sides)
    accounts, accounts_held = compare_accounts(sides)
    roles, roles_held = compare_roles(sides, bindings.revoked, bindings.sheltered)
    said = set(demand.held)
    held = dict.fromkeys(hold for hold in (*bindings.held, *accounts_held, *roles_held) if hold not in said)
    return [*bindings.changes, *accounts, *roles], list(held)
