"""Reads of a vault, one method for each thing, several at a time where there are many."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from connectors.vault.client import VaultClient, segment
from connectors.vault.mapping import Entity, Group, Listed, Policy, Token, Value, read_as
from reconciler.errors import Missing, Rejected, TargetError

Item = TypeVar("Item")
Got = TypeVar("Got")

_NO_SUCH_PATH = "405"


@dataclass(slots=True)
class Batch:
    """Many reads of one kind: what was found by key, and a sentence for each that failed.

    What vanished between the listing and the read is in neither: it is simply gone.
    """

    gaps: list[str] = field(default_factory=list)

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


class Reader:
    """Reads one vault; keeps only what cannot change during a run: who we are, and what the server can do."""

    def __init__(self, client: VaultClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(client.patience.connections, thread_name_prefix="vault")
        self._own: Token | None = None
        self._detailed = True
        self._versioned: bool | None = None

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(cancel_futures=True)

    def spread(self, work: Callable[[Item], Got], items: Iterable[Item]) -> Iterator[Got]:
        """`work` on each item, a few at a time (waiting for the network is most of it), results in order."""
        return self._pool.map(work, items)

    def own(self) -> Token:
        """Who our token is."""
        if self._own is None:
            self._own = read_as(Token, self._client.read("auth/token/lookup-self"), f"{self._client.target}: our token")
        return self._own

    def policies(self, wanted: Callable[[str], bool], batch: Batch) -> Mapping[str, Policy]:
        """ACL policies whose names are wanted, by name.

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
                what = f"{self._client.target}: a policy of the listing"
                infos = listing.key_info
                self._versioned = any("version" in info for info in infos.values())
                return {name: read_as(Policy, infos.get(name), what) for name in listing.keys if wanted(name)}
        self._versioned = False
        names = [name for name in self._client.list("sys/policies/acl").keys if wanted(name)]
        return batch.take(zip(names, self.spread(self._soft(self.policy), names), strict=True))

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
        """Those groups, by id."""
        return batch.take(zip(ids, self.spread(self._soft(self.group), ids), strict=True))

    @staticmethod
    def _soft(read: Callable[[str], Value]) -> Callable[[str], Value | TargetError]:
        def attempt(key: str) -> Value | TargetError:
            try:
                return read(key)
            except TargetError as error:
                return error

        return attempt
