"""What follows from something else on the same account: what a wider binding includes, and what another brings along.

Pure. Both keep a plan from asking for what cannot be: a second row where a target keeps one, and a binding taken away
from under the one that needs it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from reconciler.model import Account, BindingKey, Live, LiveBinding, Native, Scope
from reconciler.plan.matching import Match

_Place = tuple[str, Scope]
"""An account and what a binding on it is narrowed to."""


class Included:
    """Which wanted bindings a wider one includes, and which standing ones are nothing but wanted ones together."""

    def __init__(self, live: Live, wanted: Iterable[BindingKey], uncertain: Iterable[BindingKey]) -> None:
        self._parts = live.parts
        self._asked: dict[_Place, list[Native]] = defaultdict(list)
        self._stands: dict[_Place, list[Native]] = defaultdict(list)
        if not live.parts:
            return
        doubtful = set(uncertain)
        for key in (*wanted, *doubtful):
            if key.native in live.parts:
                self._asked[key.account, key.scope].append(key.native)
        for binding in live.bindings:
            key = binding.key
            if key.native in live.parts and (self._is_asked(key) or self.makes_up(key)):
                self._stands[key.account, key.scope].append(key.native)

    def gives(self, key: BindingKey) -> bool:
        """Whether a wanted binding that does not stand comes with a wider one that is kept, or is wanted too."""
        own = self._parts.get(key.native)
        if own is None:
            return False
        place = key.account, key.scope
        return any(own <= self._parts[other] for other in self._stands.get(place, ())) or any(
            own < self._parts[other] for other in self._asked.get(place, ())
        )

    def makes_up(self, key: BindingKey) -> bool:
        """Whether a standing binding gives exactly what wanted ones that it includes give together."""
        own = self._parts.get(key.native)
        if own is None:
            return False
        within = (self._parts[other] for other in self._asked.get((key.account, key.scope), ()))
        return own == frozenset().union(*(parts for parts in within if parts <= own))

    def _is_asked(self, key: BindingKey) -> bool:
        return key.native in self._asked.get((key.account, key.scope), ())


def stays(
    binding: LiveBinding,
    account: Account,
    owned: Match | None,
    kept: Callable[[BindingKey], bool],
) -> bool:
    """Whether something that brings a binding along stays on its account; true of what nothing brings along.

    A bringer stays when it is `kept` (wanted, or held as it is), or is an attribute of the account that nobody puts
    right.
    """
    return not binding.brought_by or any(
        kept(BindingKey(account.id, bringer)) or _is_left(bringer, account, owned) for bringer in binding.brought_by
    )


def _is_left(bringer: Native, account: Account, owned: Match | None) -> bool:
    """Whether a native is an attribute of the account and remains one."""
    name = bringer.kind
    if account.attributes.get(name) != bringer.name:
        return False
    if owned is None or owned.claim.doubt is not None or name in account.fixed:
        return True
    return owned.claim.attributes.get(name, bringer.name) == bringer.name
