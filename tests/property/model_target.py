"""A target as a value: what it shows after changes were written to it, by the book."""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model import BindingKey, Live, LiveBinding
from reconciler.plan.changes import (
    AnyChange,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateRole,
)


def written(live: Live, changes: Iterable[AnyChange]) -> Live:
    """`live` after `changes`, as a target that does exactly what it is told."""
    accounts = dict(live.accounts)
    bindings = {binding.key: binding for binding in live.bindings}
    definitions = dict(live.definitions)
    for change in sorted(changes, key=lambda each: each.order):
        match change:
            case DisableAccount() | EnableAccount():
                enabled = isinstance(change, EnableAccount)
                accounts[change.account] = replace(accounts[change.account], enabled=enabled)
            case RevokeBinding(native=native) if native is not None:
                del bindings[BindingKey(change.account, native, change.scope)]
            case GrantBinding(native=native) | SetEnd(native=native) if native is not None:
                key = BindingKey(change.account, native, change.scope)
                bindings[key] = LiveBinding(key, None if native.kind in live.endless else change.until)
                if native in definitions:
                    definitions[native] = replace(definitions[native], until=change.until)
            case CreateRole(native=native) | UpdateRole(native=native) if native is not None:
                assert change.definition is not None
                definitions[native] = change.definition
            case DeleteRole(native=native) if native is not None:
                del definitions[native]
            case _:
                raise AssertionError(change)
    shown = [
        replace(binding, until=definitions[key.native].until)
        if key.native in definitions
        else replace(binding, until=None)
        if key.native.kind == "policy"
        else binding
        for key, binding in bindings.items()
    ]
    return replace(live, accounts=accounts, bindings=tuple(shown), definitions=definitions)
