"""A vault's live population in the words of declarations, for somebody to review."""

from collections.abc import Mapping

from connectors.vault.adoption import Mounts, adopted
from connectors.vault.client import VaultClient
from connectors.vault.engines import ENGINES, Engine
from connectors.vault.existing import POLICY
from connectors.vault.memberships import GROUP
from connectors.vault.names import BUILT_IN, PREFIX
from reconciler.errors import Rejected, Unauthorized
from reconciler.model import Account, Live, Native
from reconciler.ports import AdoptedAccount, AdoptedRole, Adoption

_USED = (
    "it uses what somebody else keeps, and carries no end of its own, so it ends only when guestlist runs; better:"
    " objects and actions"
)
_PARTS_OF_ACCOUNT, _PARTS_OF_BINDING = 2, 3


def adopt(client: VaultClient, live: Live) -> Adoption:
    """Accounts by the names and aliases that they have, and the population's policies as roles.

    A policy of the prefix, named after whom it is for, becomes a role in objects and actions. Any other policy, and an
    internal group, becomes one that uses what exists, because that has a name of its own and may have other holders. A
    name of the prefix that is not after somebody is guestlist's to remove, and no role's.
    """
    mounts = _mounts(client)
    held = sorted({binding.key.native for binding in live.bindings if binding.unremovable is None})
    return Adoption(
        accounts={account.id: _account(account, live) for account in live.population()},
        roles={native: _used(native, live) for native in held if _usable(native)}
        | {
            native: _role(parts[2], definition.text, mounts)
            for native, definition in live.definitions.items()
            if native.kind == "policy" and len(parts := _parts(native.name)) == _PARTS_OF_BINDING
        },
    )


def _role(name: str, text: str, mounts: Mounts) -> AdoptedRole:
    read = adopted(text, mounts)
    return AdoptedRole(name, read.spec, "; ".join(read.review) or None)


def _usable(native: Native) -> bool:
    """Whether a role may use it: neither the server's own nor named like what guestlist makes."""
    name = native.name.lower()
    return native.kind in {POLICY, GROUP} and name not in BUILT_IN and not name.startswith(PREFIX)


def _used(native: Native, live: Live) -> AdoptedRole:
    review = [_USED]
    if high := dict.fromkeys(f"{risk.flag} ({risk.permission})" for risk in live.risks.get(native, ()) if risk.high):
        review.append(f"it allows {', '.join(high)}, which nobody may hold standing: a plan takes it away")
    return AdoptedRole(native.name, {"connector": "vault", "uses": {native.kind: native.name}}, "; ".join(review))


def _account(account: Account, live: Live) -> AdoptedAccount:
    """Its vendor and principal are those of its name; of one that the server named, those that its policies are for."""
    named = _parts(account.name)
    held = (binding.key.native for binding in live.bindings if binding.key.account == account.id)
    hints = [parts for native in held if native.kind == "policy" and len(parts := _parts(native.name)) > len(named)]
    vendor, principal, *_ = named if len(named) == _PARTS_OF_ACCOUNT else [*(hints[0] if hints else []), None, None]
    aliases = sorted(key.value for key in account.keys if key.kind == "alias")
    logins = [alias.rpartition("/")[2] for alias in aliases]
    return AdoptedAccount(
        declared=None if len(named) == _PARTS_OF_ACCOUNT else _declared(account.name, aliases),
        email=next((login for login in logins if "@" in login), None),
        vendor_hint=vendor,
        name_hint=principal,
    )


def _declared(name: str, aliases: list[str]) -> str | Mapping[str, str]:
    """By its alias where it has exactly one: a name that the server made says nothing to anybody."""
    if len(aliases) == 1 and name.startswith("entity_"):
        mount, _, alias = aliases[0].rpartition("/")
        return {"mount": mount, "alias": alias}
    return name


def _parts(name: str) -> list[str]:
    """The names that guestlist's own name of a thing is joined from; empty where it is none."""
    folded = name.lower()
    return folded.removeprefix(PREFIX).split("_") if folded.startswith(PREFIX) else []


def _mounts(client: VaultClient) -> Mounts:
    """Which engine is mounted where; nothing where our rights do not show it."""
    try:
        data = client.read("sys/mounts")
    except (Unauthorized, Rejected):
        return {}
    found: dict[str, Engine] = {}
    for path, what in data.items():
        if isinstance(what, Mapping) and (engine := _engine(what)) is not None:
            found[path.strip("/")] = engine
    return found


def _engine(mount: Mapping[str, object]) -> Engine | None:
    kind, options = mount.get("type"), mount.get("options")
    if kind == "kv":
        versioned = isinstance(options, Mapping) and options.get("version") == "2"
        return "kv" if versioned else "kv-v1"
    return next((engine for engine in ENGINES if engine == kind), None)
