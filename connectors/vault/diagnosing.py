"""What `doctor` says of a vault: who we are there, whether our rights suffice and are not too many, what it lacks."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connectors.vault.client import VaultClient
from connectors.vault.declarations import VaultTarget
from connectors.vault.lifetimes import readable
from connectors.vault.mapping import Health, Token
from connectors.vault.principal_findings import batch_tokens, doubtful, reach, second_factor, secret_ids
from connectors.vault.reading import Reader
from connectors.vault.rights import enforced, needed
from reconciler.errors import TargetError
from reconciler.model import Live
from reconciler.ports import Finding

_MOST_SKEW = 120
"""Seconds; past it the engine holds the target."""
_SHORT_LIFE = 3600
"""Seconds that a token should live on, so that a run does not end half-way."""
_MOST_PATHS = 100
_PROBE = "guestlist-probe"
_WRITING = frozenset({"root", "sudo", "create", "update", "patch", "delete"})

_TOO_MUCH: Mapping[str, frozenset[str]] = {
    f"sys/auth/{_PROBE}": _WRITING,
    f"sys/mounts/{_PROBE}": _WRITING,
    f"sys/policies/acl/{_PROBE}": _WRITING,
    "sys/seal": _WRITING,
    f"identity/entity/id/{_PROBE}": _WRITING,
    f"secret/data/{_PROBE}": _WRITING | {"read"},
}
"""Paths (none of them need exist), and what guestlist's work never needs there."""


def diagnose(client: VaultClient, reader: Reader, target: VaultTarget, look: Callable[[], Live]) -> Iterator[Finding]:
    """The findings, in the order in which they depend on each other; it stops where nothing more can be known."""
    try:
        health = client.health()
        yield Finding("reachable", ok=True, text=f"{client.target} answers")
        yield Finding("version", ok=None, text=f"{_product(health)} {health.version}")
        yield _clock(client.now)
        own = reader.own()
        yield from _identity(own, target)
        yield from _sufficient(client, target)
        if enforced(target):
            yield from reach(target)
        live = look()
        yield from _excessive(client, own, live, target)
        yield _expiry(native=reader.native_expiry())
        yield from batch_tokens(reader, target)
        yield _population(live)
        yield from doubtful(live)
        yield from second_factor(live)
        yield from secret_ids(live)
        yield from (Finding("population", ok=False, text=gap) for gap in live.gaps)
    except TargetError as error:
        yield Finding("reading", ok=False, text=str(error))


def _product(health: Health) -> str:
    """HashiCorp Vault says whether it is the Enterprise edition; OpenBao has no such field."""
    if health.enterprise is None:
        return "OpenBao"
    return "HashiCorp Vault Enterprise" if health.enterprise else "HashiCorp Vault"


def _identity(own: Token, target: VaultTarget) -> Iterator[Finding]:
    policies = ", ".join(sorted(own.all_policies))
    life = f"{own.ttl} s left" if own.ttl else "without an end"
    text = f"we are {own.display_name or 'a token without a name'} ({life}) with the policies {policies}"
    if 0 < own.ttl < _SHORT_LIFE and target.auth.mount is None:
        yield Finding("identity", ok=False, text=f"{text}; the token ends soon, renew it")
    else:
        yield Finding("identity", ok=None, text=text)
    prefix = target.population.any_.prefix
    if inside := sorted(name for name in own.all_policies if name.startswith(prefix)):
        text = f"our own policies {', '.join(inside)} are named like the population's ({prefix}…); name them otherwise"
        yield Finding("identity", ok=False, text=text)


def _sufficient(client: VaultClient, target: VaultTarget) -> Iterator[Finding]:
    """A path that ends in a glob stands for itself without it: what is allowed there is allowed below."""
    rights = {right.path.removesuffix("*"): (right, capabilities) for right, capabilities in needed(target)}
    allowed = _allowed(client, [_askable(path) for path in rights])
    complete = True
    for path, (right, capabilities) in rights.items():
        held = allowed.get(_askable(path), frozenset())
        lacking = [] if "root" in held else [word for word in capabilities if word not in held]
        if lacking:
            complete = False
            why, *_ = right.why.splitlines()
            yield Finding("rights", ok=False, text=f"{', '.join(lacking)} on {right.path} is missing: {why}")
    if complete:
        yield Finding("rights", ok=True, text="our rights suffice")


def _excessive(client: VaultClient, own: Token, live: Live, target: VaultTarget) -> Iterator[Finding]:
    if "root" in own.all_policies:
        text = "this is a root token, which may do everything; use one that has the generated policy alone"
        yield Finding("excess rights", ok=False, text=text)
        return
    ours = tuple(path.removesuffix("*") for path in readable(tuple(target.paths.items())))
    probes = {path: _WRITING if path.startswith(ours) else _WRITING | {"read"} for path in _secret_paths(live)}
    probes |= _TOO_MUCH
    allowed = _allowed(client, list(probes))
    modest = True
    for path, excess in probes.items():
        found = allowed.get(path, frozenset()) & excess
        if found:
            modest = False
            text = f"{', '.join(sorted(found))} on {path} is more than guestlist needs; take it from our policies"
            yield Finding("excess rights", ok=False, text=text)
    if modest:
        yield Finding(
            "excess rights", ok=True, text="no secret value can be read, no policy outside the prefix written"
        )


def _secret_paths(live: Live) -> Sequence[str]:
    """What vendors' policies open: the objects that we must not reach ourselves."""
    paths: set[str] = set()
    for definition in live.definitions.values():
        if definition.meaning.startswith("["):
            paths.update(path for path, _ in json.loads(definition.meaning) if "*" not in path and "+" not in path)
    return sorted(paths)[:_MOST_PATHS]


def _allowed(client: VaultClient, paths: Sequence[str]) -> Mapping[str, frozenset[str]]:
    answer = client.write("sys/capabilities-self", {"paths": list(paths)})
    return {
        path: frozenset(str(word) for word in words)
        for path in paths
        if isinstance(words := answer.get(path), list) and words != ["deny"]
    }


def _askable(path: str) -> str:
    return f"{path}{_PROBE}" if path.endswith(("/", "_")) else path


def _clock(theirs: datetime) -> Finding:
    skew = round((theirs - datetime.now(UTC)).total_seconds())
    fine = abs(skew) <= _MOST_SKEW
    text = f"its clock is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} ours" if skew else "its clock is ours"
    return Finding("clock", ok=fine, text=text if fine else f"{text}; the target is held until they agree")


def _expiry(*, native: bool) -> Finding:
    if native:
        return Finding("native expiry", ok=True, text="policies carry their ends: access lapses when no run happens")
    text = (
        "this server has no expiring policies: access ends with the first run after its end, and no earlier;"
        " run often, or use OpenBao"
    )
    return Finding("native expiry", ok=False, text=text)


def _population(live: Live) -> Finding:
    accounts = sum(1 for _ in live.population())
    text = f"{accounts} accounts, {len(live.definitions)} roles and {len(live.bindings)} bindings in the population"
    return Finding("population", ok=None, text=text)
