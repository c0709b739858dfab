"""Writes of roles: policies, guarded by check-and-set where the server has it, and the removal of groups."""

from contextlib import suppress
from datetime import datetime

from connectors.vault.client import VaultClient, segment
from connectors.vault.definitions import group_definition, policy_definition
from connectors.vault.mapping import Policy
from connectors.vault.memberships import GROUP
from connectors.vault.population import Population
from connectors.vault.reading import Reader
from reconciler.errors import Conflict, Missing, Rejected
from reconciler.model import Definition, Native
from reconciler.plan.changes import CreateRole, DeleteRole, SetEnd, UpdateRole

RoleChange = CreateRole | UpdateRole | DeleteRole | SetEnd

_CREATE_ONLY = -1


class RoleWriter:
    """Writes the population's policies of one vault. Every method says whether there was anything to do."""

    def __init__(self, client: VaultClient, reader: Reader, population: Population) -> None:
        self._client = client
        self._reader = reader
        self._population = population

    def write(self, change: RoleChange) -> bool:
        """Make one change; Conflict when what is live is not what the plan has seen."""
        native = change.native
        if native is None or not self._population.owns(native.name):
            raise Rejected(f"{native.name if native else 'this role'} is outside the population; it is never changed")
        match change:
            case CreateRole():
                return self._create(native, _definition(change))
            case UpdateRole():
                return self._update(native, _definition(change), change)
            case SetEnd(until=until):
                return self._set_end(native, until)
            case DeleteRole():
                return self._delete(native, change)

    def _create(self, native: Native, wanted: Definition) -> bool:
        """Where the server can be told to create only, it is not asked first.

        It counts a policy that has natively ended as existing until somebody reads it, so after a no it is read.
        """
        if self._reader.native_expiry():
            with suppress(Conflict):
                self._send(native, wanted.text, wanted.until, _CREATE_ONLY)
                return True
        try:
            live = self._reader.policy(native.name)
        except Missing:
            self._put(native, wanted.text, wanted.until, _CREATE_ONLY)
            return True
        if self._same(live, wanted):
            return False
        raise Conflict(f"a policy {native.name} appeared meanwhile that says something else; run again")

    def _update(self, native: Native, wanted: Definition, change: UpdateRole) -> bool:
        live = self._reader.policy(native.name)
        if self._same(live, wanted):
            return False
        _expect(change, policy_definition(live))
        self._put(native, wanted.text, wanted.until, live.version)
        return True

    def _set_end(self, native: Native, until: datetime | None) -> bool:
        live = self._reader.policy(native.name)
        if live.expiration == until:
            return False
        self._put(native, live.policy, until, live.version)
        return True

    def _delete(self, native: Native, change: DeleteRole) -> bool:
        try:
            if native.kind == GROUP:
                found = {entry.name: id_ for id_, entry in self._reader.listed("group").items()}
                _expect(change, group_definition(self._reader.group(found[native.name])))
                self._client.delete(f"identity/group/name/{segment(native.name.lower())}")
            else:
                _expect(change, policy_definition(self._reader.policy(native.name)))
                self._client.delete(f"sys/policies/acl/{segment(native.name)}")
        except (KeyError, Missing):
            return False
        return True

    def _put(self, native: Native, text: str, until: datetime | None, version: int | None) -> None:
        try:
            self._send(native, text, until, version)
        except Conflict:
            # The first try may have been written and its answer lost.
            live = self._reader.policy(native.name)
            if live.policy != text or live.expiration != until:
                raise

    def _send(self, native: Native, text: str, until: datetime | None, version: int | None) -> None:
        """Write a policy whole. Without an `expiration` in the request the server drops the one it had."""
        body: dict[str, object] = {"policy": text}
        if self._reader.native_expiry():
            body["cas"] = version
            if until is not None:
                body["expiration"] = until.isoformat()
        self._client.write(f"sys/policies/acl/{segment(native.name)}", body)

    def _same(self, live: Policy, wanted: Definition) -> bool:
        ends = live.expiration == wanted.until or not self._reader.native_expiry()
        return ends and policy_definition(live).meaning == wanted.meaning


def _definition(change: CreateRole | UpdateRole) -> Definition:
    if change.definition is None:
        raise Rejected(f"the change of {change.native} says nothing of what to write")
    return change.definition


def _expect(change: UpdateRole | DeleteRole, live: Definition) -> None:
    """Conflict unless the live definition is the one that the plan was made from."""
    seen = (change.before or {}).get("definition")
    if seen is not None and seen != live.digest:
        raise Conflict(f"{live.native.name} was changed meanwhile; run again")
