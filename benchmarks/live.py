"""What targets could say that mostly hold what is declared: values, so that planning can be timed without a network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from reconciler.admission.judge import judge
from reconciler.admission.judgement import Admitted
from reconciler.model import Account, BindingKey, Definition, Entitlements, Live, LiveBinding, Native
from reconciler.plan.changes import AnyChange
from reconciler.ports import Finding, Outcome, Sought

DRIFT = 0.02
"""The share of bindings that is missing, as many that somebody added, and as many whose end somebody moved."""


@dataclass(frozen=True)
class Standing:
    """A connector and a clock that know one answer."""

    live: Live

    def observe(self, sought: Sought) -> Live:  # noqa: ARG002 - the port's words
        """The one answer."""
        return self.live

    def now(self) -> datetime:
        """The instant of the one answer."""
        return self.live.at

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Nothing is ever written here."""
        raise AssertionError(f"a plan writes nothing, and here are {len(changes)} changes")

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - the port's words
        """Nothing is ever closed here."""
        return ()

    def diagnose(self) -> Sequence[Finding]:
        """Nothing to tell."""
        return ()

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class _Shown:
    accounts: dict[str, Account] = field(default_factory=dict)
    bindings: dict[BindingKey, LiveBinding] = field(default_factory=dict)
    definitions: dict[Native, Definition] = field(default_factory=dict)


def standing(asked: Entitlements, at: datetime, *, seed: int, empty: bool = False) -> Mapping[str, Standing]:
    """Each target as it stands: all declared accounts, and what is admitted, but for `DRIFT`.

    With `empty` no binding is live yet.
    """
    chance = Random(seed)  # noqa: S311 - made-up drift, not secrets
    shown = {name: _Shown() for name in sorted({claim.target for claim in asked.claims})}
    for claim in asked.claims:
        name = claim.key.value
        shown[claim.target].accounts[f"id-{name}"] = Account(
            f"id-{name}", name, frozenset({claim.key}), inside=True, enabled=True
        )
    existing = frozenset(
        grant.native for grant in asked.grants if grant.native is not None and grant.definition is None
    )
    for grant in () if empty else asked.grants:
        if grant.key is None or grant.native is None or not isinstance(judge(grant, at), Admitted):
            continue
        there = shown[grant.target]
        dice = chance.random()
        if dice < DRIFT:
            continue
        until = grant.until + timedelta(days=1 if dice < 2 * DRIFT else 0)
        key = BindingKey(f"id-{grant.key.value}", grant.native)
        if key in there.bindings and (there.bindings[key].until or until) >= until:
            continue
        there.bindings[key] = LiveBinding(key, until)
        if grant.definition is not None:
            there.definitions[grant.native] = replace(grant.definition, until=until)
        if dice > 1 - DRIFT:
            extra = BindingKey(key.account, Native("group", "Left_Behind"))
            there.bindings[extra] = LiveBinding(extra, None)
    return {
        name: Standing(
            Live(
                name,
                f"{name}-1",
                at,
                accounts=there.accounts,
                bindings=tuple(there.bindings.values()),
                definitions=there.definitions,
                existing=existing,
            )
        )
        for name, there in shown.items()
    }
