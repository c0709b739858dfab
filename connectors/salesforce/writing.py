"""Which part of the connector writes which change: by its class, and for bindings by their kind of native."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.salesforce.bindings import Bindings
from connectors.salesforce.client import Client
from connectors.salesforce.closing import Accounts
from connectors.salesforce.defining import Roles
from connectors.salesforce.outcomes import failed
from connectors.salesforce.people import People
from connectors.salesforce.positions import Positions
from connectors.salesforce.sharing import Shares
from connectors.salesforce.survey import Survey
from connectors.salesforce.targets import NewAccounts
from connectors.salesforce.words import ASSIGNED, JOINED, NARROWED
from reconciler.errors import TargetError
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateAccount,
    UpdateRole,
)
from reconciler.ports import Outcome

Writer = Callable[[Sequence[Any]], Iterator[Outcome]]
"""Writes changes that are all of one class."""


class Writers:
    """Everything that writes to one org."""

    def __init__(self, client: Client, survey: Survey, new_accounts: NewAccounts | None) -> None:
        self.accounts = Accounts(client)
        self.people = People(client, new_accounts)
        bindings, shares, positions, roles = Bindings(client, survey), Shares(client), Positions(client), Roles(client)
        self._bound: Mapping[type[AnyChange], tuple[Writer, Writer, Writer]] = {
            GrantBinding: (bindings.grant, shares.grant, positions.grant),
            RevokeBinding: (bindings.revoke, shares.revoke, positions.revoke),
        }
        self._each: Mapping[type[AnyChange], Writer] = {
            SetEnd: bindings.set_end,
            DisableAccount: self.accounts.disable,
            EnableAccount: self.accounts.enable,
            CreateAccount: self.people.create,
            UpdateAccount: self.people.update,
            CreateRole: roles.write,
            UpdateRole: roles.write,
            DeleteRole: roles.delete,
        }

    def write(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write changes that are all of one class; one outcome for each, or a TargetError for those left without."""
        kind = type(changes[0])
        if kind in self._bound:
            return _by_kind(changes, *self._bound[kind])
        return self._each[kind](changes)


def _by_kind(changes: Sequence[AnyChange], rows: Writer, records: Writer, others: Writer) -> Iterator[Outcome]:
    """One kind of native after the other: what cannot be read of one says nothing about the others.

    Assignments come first: a share is inert without one, and a licence is not taken away under one.
    """
    kinds = {change.id: "" if change.native is None else change.native.kind for change in changes}
    parts = (
        (rows, [change for change in changes if kinds[change.id] in ASSIGNED | JOINED]),
        (records, [change for change in changes if kinds[change.id] in NARROWED]),
        (others, [change for change in changes if kinds[change.id] not in ASSIGNED | JOINED | NARROWED]),
    )
    for write, some in parts:
        left = {id(change): change for change in some}
        try:
            for outcome in write(some) if some else ():
                left.pop(id(outcome.change))
                yield outcome
        except TargetError as error:
            yield from (failed(change, str(error)) for change in left.values())
