"""A target as a value: what it shows after changes were written to it, by the book."""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model import Account, BindingKey, Live, LiveBinding, is_provisional
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


def written(live: Live, changes: Iterable[AnyChange]) -> Live:
    """`live` after `changes`, as a target that does exactly what it is told."""
    target = _Target(live)
    for change in sorted(changes, key=lambda each: each.order):
        target.write(change)
    return target.shown()


class _Target:
    def __init__(self, live: Live) -> None:
        self._live = live
        self._accounts = dict(live.accounts)
        self._bindings = {binding.key: binding for binding in live.bindings}
        self._definitions = dict(live.definitions)
        self._risks = dict(live.risks)
        self._exposures = dict(live.exposures)

    def write(self, change: AnyChange) -> None:
        id_ = self._id(change.account)
        assert change.kind == "role" or id_ in self._accounts or isinstance(change, CreateAccount)
        match change:
            case DisableAccount(retire=True):
                assert not self._accounts[id_].enabled
                self._accounts[id_] = replace(self._accounts[id_], retired=True)
            case DisableAccount():
                self._accounts[id_] = replace(self._accounts[id_], enabled=False, lingering=False)
            case EnableAccount():
                assert not self._accounts[id_].retired
                self._accounts[id_] = replace(self._accounts[id_], enabled=True)
            case CreateAccount(key=key) if key is not None:
                assert id_ not in self._accounts
                self._accounts[id_] = Account(
                    id_, key.value, frozenset({key}), inside=True, enabled=True, attributes=change.attributes
                )
            case UpdateAccount():
                account = self._accounts[id_]
                assert not set(change.attributes) & set(account.fixed)
                self._accounts[id_] = replace(account, attributes={**account.attributes, **change.attributes})
            case CreateRole() | UpdateRole() | DeleteRole():
                self._write_role(change)
            case _:
                self._write_binding(change, id_)

    def _write_role(self, change: CreateRole | UpdateRole | DeleteRole) -> None:
        native = change.native
        assert native is not None
        assert change.definition is not None
        self._exposures.pop(native, None)
        self._risks.pop(native, None)
        if isinstance(change, DeleteRole):
            assert not change.definition.lasting or native not in {key.native for key in self._bindings}
            del self._definitions[native]
            return
        assert (native in self._definitions) is isinstance(change, UpdateRole)
        self._definitions[native] = change.definition
        self._risks[native] = change.definition.risks

    def _write_binding(self, change: AnyChange, id_: str) -> None:
        native = change.native
        assert native is not None
        key = BindingKey(id_, native, change.scope)
        if isinstance(change, RevokeBinding):
            assert self._bindings[key].unremovable is None
            del self._bindings[key]
            return
        assert isinstance(change, GrantBinding | SetEnd)
        assert (key in self._bindings) is isinstance(change, SetEnd)
        self._bindings[key] = LiveBinding(key, None if native.kind in self._live.endless else change.until)
        if native in self._definitions and not self._definitions[native].lasting:
            self._definitions[native] = replace(self._definitions[native], until=change.until)

    @staticmethod
    def _id(account: str) -> str:
        """The target's own id of an account: it makes one up for what it creates."""
        return f"made-{account[4:]}" if is_provisional(account) else account

    def shown(self) -> Live:
        shown = []
        for key, binding in self._bindings.items():
            definition = self._definitions.get(key.native)
            if definition is not None and not definition.lasting:
                shown.append(replace(binding, until=definition.until))
            else:
                shown.append(replace(binding, until=None) if key.native.kind == "policy" else binding)
        return replace(
            self._live,
            accounts=self._accounts,
            bindings=tuple(shown),
            definitions=self._definitions,
            risks=self._risks,
            exposures=self._exposures,
        )
