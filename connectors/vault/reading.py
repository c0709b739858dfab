"""Reads of a vault, one method for each thing, several at a time where there are many."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import local
from typing import TypeVar

from connectors.vault.client import VaultClient, segment
from connectors.vault.logins import LoginRole, live_role
from connectors.vault.mapping import (
    Enforcement,
    Entity,
    Group,
    Issued,
    Listed,
    Method,
    Mount,
    Policy,
    SecretId,
    Token,
    Value,
    read_as,
)
from connectors.vault.names import mount_name
from reconciler.errors import Missing, Rejected, TargetError, Unauthorized

Item = TypeVar("Item")
Got = TypeVar("Got")

_NO_SUCH_PATH = "405"
_ENDED = ("invalid accessor", "bad token", "failed to find accessor")


def has_ended(error: TargetError) -> bool:
    """Whether the server says that no token has this accessor: OpenBao by 400, HashiCorp Vault by 403 or 404."""
    return isinstance(error, Missing | Rejected | Unauthorized) and any(word in str(error) for word in _ENDED)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


@dataclass(slots=True)
class Batch:
    """Many reads of one kind: what was found by key, and a sentence for each that failed.

    What vanished between the listing and the read is in neither: it is simply gone.

    Attributes:
        closed: the keys of what somebody else keeps and our rights do not let us read; that is no failure.
    """

    gaps: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)

    def take(self, results: Iterable[tuple[str, Value | TargetError]]) -> dict[str, Value]:
        """Sort results into found, gone and failed."""
        found: dict[str, Value] = {}
        for key, result in results:
            if isinstance(result, Missing):
                continue
            if isinstance(result, TargetError):
                self.gaps.extend({str(result)} - set(self.gaps))
            else:
                found[key] = result
        return found

    def keep(self, results: Iterable[Item | TargetError]) -> Iterator[Item]:
        """Results without keys of their own: those that were found."""
        for result in results:
            if isinstance(result, Missing):
                continue
            if isinstance(result, TargetError):
                self.gaps.extend({str(result)} - set(self.gaps))
            else:
                yield result


class Reader:
    """Reads one vault; keeps only what cannot change during a run: who we are, and what the server can do."""

    def __init__(self, client: VaultClient) -> None:
        self._client = client
        self._here = local()
        self._pool = ThreadPoolExecutor(
            client.patience.connections, thread_name_prefix="vault", initializer=self._begin_work
        )
        self._own: Token | None = None
        self._detailed = True
        self._versioned: bool | None = None
        self._issued: dict[str, Issued] = {}

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(cancel_futures=True)

    def spread(self, work: Callable[[Item], Got], items: Iterable[Item]) -> Iterator[Got]:
        """`work` on each item, a few at a time (waiting for the network is most of it), results in order.

        Within a worker, one after another: workers that waited for others of the same few would wait for ever.
        """
        return map(work, items) if getattr(self._here, "works", False) else self._pool.map(work, items)

    def _begin_work(self) -> None:
        self._here.works = True

    def own(self) -> Token:
        """Who our token is."""
        if self._own is None:
            self._own = read_as(Token, self._client.read("auth/token/lookup-self"), f"{self._client.target}: our token")
        return self._own

    def policies(
        self, wanted: Callable[[str], bool], batch: Batch, ours: Callable[[str], bool] = lambda _: True
    ) -> Mapping[str, Policy]:
        """ACL policies whose names are wanted, by name; those that are not `ours` need not be readable.

        OpenBao gives all with their bodies in one call. HashiCorp Vault lists names, so each wanted one is read.
        """
        if self._detailed:
            try:
                listing = self._client.list("sys/policies/detailed/acl")
            except (Missing, Rejected) as error:
                if isinstance(error, Rejected) and error.code != _NO_SUCH_PATH:
                    raise
                self._detailed = False
            else:
                # Every server has `default`: an empty answer is that of one that does not know the question.
                self._detailed = bool(listing.keys)
            if self._detailed:
                what = f"{self._client.target}: a policy of the listing"
                infos = listing.key_info
                self._versioned = any("version" in info for info in infos.values())
                names = [name for name in listing.keys if wanted(name)]
                found = {name: read_as(Policy, infos[name], what) for name in names if name in infos}
                # The first listing after a policy's native end still has its name, and nothing about it.
                unsaid = [name for name in names if name not in infos]
                return {**found, **self._policies(unsaid, batch, ours)}
        self._versioned = False
        names = [name for name in self._client.list("sys/policies/acl").keys if wanted(name)]
        return self._policies(names, batch, ours)

    def _policies(self, names: Sequence[str], batch: Batch, ours: Callable[[str], bool]) -> Mapping[str, Policy]:
        """Policies read one by one."""
        read = dict(zip(names, self.spread(self._soft(self.policy), names), strict=True))
        closed = {name for name, result in read.items() if isinstance(result, Unauthorized) and not ours(name)}
        batch.closed |= closed
        return batch.take((name, result) for name, result in read.items() if name not in closed)

    def native_expiry(self) -> bool:
        """Whether policies carry ends and versions here; where they do, every policy of the listing has a version."""
        if self._versioned is None:
            self.policies(lambda _: False, Batch())
        return bool(self._versioned)

    def policy(self, name: str) -> Policy:
        """One ACL policy."""
        path = f"sys/policies/acl/{segment(name)}"
        return read_as(Policy, self._client.read(path), f"{self._client.target}: the policy {name}")

    def listed(self, kind: str) -> Mapping[str, Listed]:
        """All entities or groups (`kind`), by id, as far as the listing shows them."""
        listing = self._client.list(f"identity/{kind}/id")
        what = f"{self._client.target}: the listing of {kind}s"
        return {id_: read_as(Listed, listing.key_info.get(id_), what) for id_ in listing.keys}

    def entity(self, id_: str) -> Entity:
        """One entity."""
        path = f"identity/entity/id/{segment(id_)}"
        return read_as(Entity, self._client.read(path), f"{self._client.target}: the entity {id_}")

    def group(self, id_: str) -> Group:
        """One group."""
        path = f"identity/group/id/{segment(id_)}"
        return read_as(Group, self._client.read(path), f"{self._client.target}: the group {id_}")

    def entities(self, ids: Sequence[str], batch: Batch) -> Mapping[str, Entity]:
        """Those entities, by id."""
        return batch.take(zip(ids, self.spread(self._soft(self.entity), ids), strict=True))

    def groups(self, ids: Sequence[str], batch: Batch) -> Mapping[str, Group]:
        """Those groups and every group above them, by id: their policies act on whoever is below."""
        found: dict[str, Group] = {}
        asked: set[str] = set()
        while missing := sorted({*ids, *(up for group in found.values() for up in group.parent_group_ids)} - asked):
            asked.update(missing)
            found |= self._groups(missing, batch)
        return found

    def _groups(self, ids: Sequence[str], batch: Batch) -> Mapping[str, Group]:
        return batch.take(zip(ids, self.spread(self._soft(self.group), ids), strict=True))

    def entity_named(self, name: str) -> Entity:
        """One entity, by its name."""
        path = f"identity/entity/name/{segment(name)}"
        return read_as(Entity, self._client.read(path), f"{self._client.target}: the entity {name}")

    def entity_of(self, alias: str, accessor: str) -> str | None:
        """The id of the entity that has an alias on the mount with this accessor; None where nobody has."""
        found = self._client.write("identity/lookup/entity", {"alias_name": alias, "alias_mount_accessor": accessor})
        return str(found["id"]) if "id" in found else None

    def mounts(self) -> Mapping[str, Mount]:
        """The auth methods, by where they are mounted."""
        what = f"{self._client.target}: an auth method"
        return {mount_name(path): read_as(Mount, info, what) for path, info in self._client.read("sys/auth").items()}

    def login_roles(self, mount: str, type_: str, batch: Batch) -> Sequence[LoginRole]:
        """The login roles of a mount; none where it is of a kind that has none, or is not there."""
        try:
            names = self._client.list(f"auth/{mount}/role").keys
        except Missing:
            return ()
        except Rejected as error:
            if error.code != _NO_SUCH_PATH:
                raise
            return ()

        def attempt(name: str) -> LoginRole | TargetError:
            try:
                return self.weighed(self.login_role(mount, type_, name))
            except TargetError as error:
                return error

        return tuple(batch.keep(self.spread(attempt, names)))

    def login_role(self, mount: str, type_: str, name: str) -> LoginRole:
        """One login role; that of an AppRole with its role id, which is the alias of whoever logs in with it."""
        path = f"auth/{mount}/role/{segment(name)}"
        wire = dict(self._client.read(path))
        if type_ == "approle":
            wire |= self._client.read(f"{path}/role-id")
        return live_role(mount, name, type_, wire)

    def secret_ids(self, mount: str, name: str) -> Sequence[str]:
        """The accessors of an AppRole's secret ids; a secret id itself is never shown."""
        try:
            return self._client.list(f"auth/{mount}/role/{segment(name)}/secret-id").keys
        except Missing:
            return ()

    def outliving(self, role: LoginRole) -> Sequence[str]:
        """The accessors of an AppRole's secret ids that can be used for longer, or more often, than it says now.

        Each keeps the life that it was made with, whatever is written to the role; one call each.
        """
        found = []
        for accessor in self.secret_ids(role.mount, role.name) if role.type == "approle" else ():
            path = f"auth/{role.mount}/role/{segment(role.name)}/secret-id-accessor/lookup"
            try:
                data = self._client.write(path, {"secret_id_accessor": accessor})
            except Missing:
                continue
            made = read_as(SecretId, data, f"{self._client.target}: a secret id of {role.path}")
            if made.exceeds(*(_number(role.fields.get(f"secret_id_{what}")) for what in ("ttl", "num_uses"))):
                found.append(accessor)
        return found

    def weighed(self, role: LoginRole) -> LoginRole:
        """A login role with the number of secret ids that outlive it."""
        return replace(role, outliving=len(self.outliving(role)))

    def methods(self) -> Mapping[str, Method]:
        """The MFA methods, by id."""
        listing = self._client.list("identity/mfa/method")
        what = f"{self._client.target}: an MFA method"
        return {id_: read_as(Method, listing.key_info.get(id_), what) for id_ in listing.keys}

    def enforcements(self) -> Mapping[str, Enforcement]:
        """Whose logins ask for a second factor, by the name of the rule."""
        listing = self._client.list("identity/mfa/login-enforcement")
        what = f"{self._client.target}: an MFA login enforcement"
        return {name: read_as(Enforcement, listing.key_info.get(name), what) for name in listing.keys}

    def accessors(self) -> Sequence[str]:
        """The accessors of every token of the vault."""
        return self._client.list("auth/token/accessors").keys

    def issued(self, accessor: str) -> Issued | None:
        """What a token was made as, which never changes, so it is asked once; None where it has ended meanwhile."""
        known = self._issued.get(accessor)
        if known is not None:
            return known
        try:
            data = self._client.write("auth/token/lookup-accessor", {"accessor": accessor})
        except TargetError as error:
            if has_ended(error):
                return None
            raise
        found = self._issued[accessor] = read_as(Issued, data, f"{self._client.target}: a token")
        return found

    @staticmethod
    def _soft(read: Callable[[str], Value]) -> Callable[[str], Value | TargetError]:
        def attempt(key: str) -> Value | TargetError:
            try:
                return read(key)
            except TargetError as error:
                return error

        return attempt
