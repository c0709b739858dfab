"""What `doctor` says of how vendors come in: batch tokens, entities in doubt, and how secret ids are fetched."""

from collections.abc import Iterator

from connectors.vault.attributes import LOGINS
from connectors.vault.declarations import VaultTarget
from connectors.vault.logins import from_attribute, secret_id_hint
from connectors.vault.principal_rights import selects_any_name
from connectors.vault.reading import Reader
from reconciler.errors import Unauthorized
from reconciler.model import Live
from reconciler.ports import Finding

_BATCH = (
    "batch tokens cannot be revoked or even seen: those of a disabled entity work again once it is enabled, until their"
    " own end"
)


def reach(target: VaultTarget) -> Iterator[Finding]:
    """That our rights write entities which are no vendor's, where names do not say who is one."""
    if selects_any_name(target):
        text = (
            "`mounts`, `logins` or `metadata` select entities of any name, and rights know only names, so ours write"
            " every entity of the namespace, employees' too; that only vendors' are written is guestlist's own check:"
            " keep its token as an administrator's, and give vendors a namespace of their own"
        )
        yield Finding("reach", ok=None, text=text)


def batch_tokens(reader: Reader, target: VaultTarget) -> Iterator[Finding]:
    """Which of the vendors' mounts give batch tokens; what that means in any case."""
    try:
        mounts = reader.mounts()
    except Unauthorized:
        yield Finding("batch tokens", ok=None, text=f"{_BATCH}; tune the vendors' mounts to token_type=service")
        return
    wanted = sorted({*target.logins, *target.population.any_.mounts})
    for name in wanted:
        if name not in mounts:
            yield Finding("logins", ok=False, text=f"there is no auth method at {name}; mount it, or correct Settings")
    giving = [name for name in wanted if name in mounts and mounts[name].batch]
    for name in giving:
        text = f"{name} gives batch tokens, and {_BATCH}; bao auth tune -token-type=default-service {name}/"
        yield Finding("batch tokens", ok=False, text=text)
    if not giving:
        yield Finding("batch tokens", ok=None, text=f"none of the vendors' mounts gives them; {_BATCH}")


def second_factor(live: Live) -> Iterator[Finding]:
    """Why the declared second factor cannot be asked for, once."""
    problems = {text for account in live.accounts.values() for text in account.fixed.values()}
    yield from (Finding("second factor", ok=False, text=text) for text in sorted(problems))


def secret_ids(live: Live) -> Iterator[Finding]:
    """How the owner of each automation with an AppRole fetches its secret id."""
    for account in sorted(live.population(), key=lambda one: one.name):
        for role in from_attribute(account.attributes.get(LOGINS, "")):
            if role.type == "approle":
                text = f"the owner of {account.name} fetches a secret id, wrapped, with: {secret_id_hint(role)}"
                yield Finding("secret ids", ok=None, text=text)


def doubtful(live: Live) -> Iterator[Finding]:
    """Entities that an employee may be behind too, and why."""
    for binding in live.bindings:
        if binding.unremovable and not live.accounts[binding.key.account].inside:
            yield Finding("population", ok=False, text=binding.unremovable)
