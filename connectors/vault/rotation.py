"""What a departed vendor could learn from a vault, and replacing it where the engine does that without telling anybody.

Only what engines rotate by themselves is rotated: a static database role gets a new password, a transit key a new
version. A new version does not take away what an older one still decrypts, so its owner has something left to do; and
what a transit key has decrypted is no secret of the vault's, so it is not listed.

Leases are listed by the role that they were made from. Neither a lease nor a certificate says for which entity it was
made, so what is listed may be somebody else's: https://openbao.org/api-docs/system/leases/ ,
https://openbao.org/api-docs/secret/pki/ (certificates are found by serial number alone).
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.vault.client import VaultClient, segment
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.engines import Action, Engine
from connectors.vault.objects import VaultObject
from connectors.vault.policies import parse
from connectors.vault.tenants import place
from reconciler.errors import DeclarationError, Missing, TargetError
from reconciler.ports import Learned, Rotated

_VALUE = "write a new value, and give it to whatever uses the old one"
_KEY = "write a new version, rewrap what the old ones have encrypted, then raise min_decryption_version"
_PASSWORD = "rotate the role's password"  # noqa: S105  an order, not a password
_LEASES = "revoke what is left of its leases: sys/leases/revoke-prefix"
_CERTIFICATES = "find what was issued to them by its serial number and revoke it, or wait until it has ended"
_ONCE = "see on the hosts that no one-time password or key of theirs still lets anybody in"

_ADVICE: Mapping[tuple[Engine, Action], str] = {
    ("kv", "read"): _VALUE,
    ("kv-v1", "read"): _VALUE,
    ("transit", "export"): _KEY,
    ("database", "read"): _PASSWORD,
    ("database", "issue"): _LEASES,
    ("pki", "issue"): _CERTIFICATES,
    ("pki", "sign"): _CERTIFICATES,
    ("ssh", "issue"): _ONCE,
    ("ssh", "sign"): _ONCE,
}
"""What remains to be done about an object when an action on it ends; the other actions leave nothing."""

_LEASED: Mapping[str, str] = {"database": "creds", "ssh": "creds"}
"""Below which word of the mount an engine hands out leases."""

_MOST_LEASES = 20
_OPENED = "find out what could be read or made there, and replace it"
_UNPLACED = "find out what it is: the target's settings no longer say where"


def learned(role: VaultRole, target: VaultTarget) -> Iterator[Learned]:
    """What whoever held the role could learn, one for each object and kind of thing."""
    if role.uses is not None:
        yield Learned(role.uses.kind, role.uses.name, _OPENED, within=target.offboarding.due_days)
    if role.policy is not None:
        for path in _opened(role.policy):
            yield Learned("policy", path, _OPENED, within=target.offboarding.due_days)
    for thing in role.objects:
        said = dict.fromkeys(_ADVICE[key] for action in role.actions if (key := (thing.engine, action)) in _ADVICE)
        for advice in said:
            mount, name = _placed(thing, target)
            rotates = (advice == _PASSWORD and mount in target.offboarding.rotate.database) or (
                advice == _KEY and mount in target.offboarding.rotate.transit
            )
            yield Learned(
                thing.engine,
                name,
                _UNPLACED if mount is None else advice,
                within=target.offboarding.due_days,
                rotates=rotates,
            )


def _opened(policy: str) -> Iterator[str]:
    """The paths that a policy word for word lets its holders do more with than list; or one sentence for all of it."""
    rules = parse(policy)
    if rules is None:
        yield "whatever a policy word for word opens"
    for path, words in sorted((rules or {}).items()):
        if words - {"list", "deny"}:
            yield path


def _placed(thing: VaultObject, target: VaultTarget) -> tuple[str | None, str]:
    """The mount and the full name; without a mount where today's settings do not say where it is."""
    try:
        found = place(thing, tuple(target.paths.items()))
    except DeclarationError:
        return None, thing.path or " ".join(thing.whose.values())
    return found.mount, found.address


class Rotation:
    """Looks at and replaces what was learned in one vault."""

    def __init__(self, client: VaultClient, target: VaultTarget) -> None:
        self._client = client
        self._target = target

    def rotate(self, items: Sequence[Learned]) -> Iterator[Rotated]:
        """One at a time: a rotation changes a password in another system, and that takes its time."""
        for item in items:
            if not item.rotates:
                continue
            try:
                self._client.write(self._path(item), {})
            except TargetError as error:
                yield Rotated(item, done=False, text=str(error))
            else:
                yield Rotated(item, done=True)

    def valid(self, items: Sequence[Learned]) -> Sequence[str]:
        """The leases of each item's role, where Settings let us list those of its mount."""
        said: list[str] = []
        for item in items:
            for mount in self._target.offboarding.leases:
                if item.kind in _LEASED and item.name.startswith(f"{mount}/"):
                    said.extend(self._leases(item, mount))
        return said

    def _leases(self, item: Learned, mount: str) -> Iterator[str]:
        prefix = f"{mount}/{_LEASED[item.kind]}/{segment(item.name.removeprefix(f'{mount}/'))}/"
        try:
            keys = self._client.list(f"sys/leases/lookup/{prefix}").keys
        except Missing:
            return
        except TargetError as error:
            yield f"the leases of {item.name} could not be listed: {error}"
            return
        if keys:
            shown = ", ".join(keys[:_MOST_LEASES]) + (", …" if len(keys) > _MOST_LEASES else "")
            yield f"{len(keys)} leases below {prefix} are valid, whoever they were made for: {shown}"

    def _path(self, item: Learned) -> str:
        mount, _, name = item.name.rpartition("/")
        if item.kind == "database":
            return f"{mount}/rotate-role/{segment(name)}"
        return f"{mount}/keys/{segment(name)}/rotate"
