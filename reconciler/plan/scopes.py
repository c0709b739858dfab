"""Which bindings a declared scope means now: a pattern stands for the records that the target names at this reading."""

from collections import defaultdict
from collections.abc import Iterable

from reconciler.model import BindingKey, Live, Native, Scope, is_pattern


def concrete(scope: Scope, live: Live) -> tuple[Scope, ...] | None:
    """The scopes that a declared one means now; None when it is a pattern that the target did not resolve."""
    return live.followed.get(scope) if is_pattern(scope) else (scope,)


class Standing:
    """The bindings of a reading, and which of them a pattern could have given."""

    def __init__(self, live: Live) -> None:
        self._keys = {binding.key for binding in live.bindings}
        self._scoped: dict[tuple[str, Native], list[BindingKey]] = defaultdict(list)
        for key in self._keys:
            if key.scope:
                self._scoped[key.account, key.native].append(key)

    def __contains__(self, key: BindingKey) -> bool:
        """Whether it stands."""
        return key in self._keys

    def alike(self, account: str, native: Native, pattern: Scope) -> Iterable[BindingKey]:
        """The standing bindings of a role that are narrowed to records of the same kinds as the pattern names."""
        kinds = [kind for kind, _ in pattern]
        return [key for key in self._scoped.get((account, native), ()) if [kind for kind, _ in key.scope] == kinds]
