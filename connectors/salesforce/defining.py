"""Writes the roles that guestlist defines: permission sets with their object, field and user permissions.

Creating is making an empty, marked permission set and then repairing it, so a run that is killed in between leaves
what the next run finds as a wrong definition and repairs. Whatever an answer leaves open is settled by looking again.
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.content import Content, content_of
from connectors.salesforce.definitions import LICENSES, QUERIES, Stored, stored
from connectors.salesforce.delta import PERMISSION_SET, WRITES, Phase, Write, delta, new_set
from connectors.salesforce.mapping import identifier, text
from connectors.salesforce.reading import read, whole
from connectors.salesforce.records import Records, Result
from connectors.salesforce.soql import Query, select
from reconciler.model import Native
from reconciler.plan.changes import CreateRole, DeleteRole, UpdateRole
from reconciler.ports import Outcome, OutcomeStatus

Written = CreateRole | UpdateRole
_UNUSABLE = frozenset({"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"})
_UNSAID = "the plan does not say what it is to allow"
_LICENSED = "the licence of a permission set cannot be changed; declare the role under another name"
_UNMARKED = (
    "its Description does not say that guestlist manages it, so it may be somebody else's: rename it in Setup, or begin"
    " its Description again as guestlist does"
)
_NO_FIELD = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})


class Roles:
    """Writes the defined roles of one org."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._records = Records(client)

    def write(self, changes: Sequence[Written]) -> Iterator[Outcome]:
        """Create what is missing and repair what differs, whichever of both was planned: the org decides."""
        lacking = {change.id: _UNSAID for change in changes if change.native is None or change.definition is None}
        said = [change for change in changes if change.id not in lacking]
        now = self._look() if said else {}
        lacking |= {change.id: _UNMARKED for change in said if _foreign(change, now)}
        lacking |= {change.id: _LICENSED for change in said if _relicensed(change, now)}
        lacking |= self._create([change for change in changes if change.id not in lacking], now)
        made = self._look() if any(change.native not in now for change in said) else now
        left = [change for change in changes if change.id not in lacking]
        lacking |= {change.id: "the org does not show it; run again" for change in left if change.native not in made}
        left = [change for change in left if change.id not in lacking]
        touched = {change.id for change in left if change.native not in now}
        writes = {change.id: list(delta(made[_native(change)], _wanted(change))) for change in left}
        touched |= {id_ for id_, some in writes.items() if some}
        troubles = self._write(writes)
        if troubles:
            # Somebody was faster, an answer got lost, or a row is only said to be gone: what counts is what is there.
            after = self._look()
            for change in left:
                there = after.get(_native(change))
                if change.id in troubles and there is not None and there.content.text == _wanted(change).text:
                    del troubles[change.id]
        for change in changes:
            trouble = lacking.get(change.id) or troubles.get(change.id)
            if trouble:
                yield Outcome(change, OutcomeStatus.FAILED, trouble)
            elif change.id in touched:
                yield Outcome(change, OutcomeStatus.DONE)
            else:
                yield Outcome(change, OutcomeStatus.ALREADY, "it was so before")

    def delete(self, changes: Sequence[DeleteRole]) -> Iterator[Outcome]:
        """Delete what is marked as ours and nobody uses."""
        now = self._look()
        there = [change for change in changes if change.native in now]
        used = self._used([now[_native(change)].id for change in there])
        ready = []
        for change in changes:
            found = None if change.native is None else now.get(change.native)
            if found is None:
                yield Outcome(change, OutcomeStatus.ALREADY, "it was gone")
            elif found.content.mark is None:
                why = "its Description does not say that guestlist manages it; delete or rename it in Setup"
                yield Outcome(change, OutcomeStatus.FAILED, why)
            elif found.id in used:
                yield Outcome(change, OutcomeStatus.FAILED, f"it is still in use: {used[found.id]}")
            else:
                ready.append((change, found.id))
        results = self._records.delete(PERMISSION_SET, [id_ for _, id_ in ready])
        left = self._look() if any(not result.done for result in results) else {}
        for (change, _), result in zip(ready, results, strict=True):
            if result.done:
                yield Outcome(change, OutcomeStatus.DONE)
            elif change.native in left:
                yield Outcome(change, OutcomeStatus.FAILED, result.text)
            else:
                yield Outcome(change, OutcomeStatus.ALREADY, "it is gone")

    def _look(self) -> dict[Native, Stored]:
        return stored(read(self._client, QUERIES))

    def _create(self, changes: Sequence[Written], now: Mapping[Native, Stored]) -> dict[str, str]:
        """Make the permission sets that the org lacks; why not, by change.

        What it says to have already, and what no answer came to, is found or missed by looking again.
        """
        new = [change for change in changes if change.native not in now]
        licences = self._licences(new)
        troubles: dict[str, str] = {}
        records, ready = [], []
        for change in new:
            wanted = _wanted(change)
            if wanted.license is not None and wanted.license not in licences:
                troubles[change.id] = f"the org has no permission set licence {wanted.license}"
                continue
            licence = None if wanted.license is None else licences[wanted.license]
            records.append(new_set(wanted.mark or "", _native(change).name, wanted, licence))
            ready.append(change)
        for change, result in zip(ready, self._records.create(PERMISSION_SET, records), strict=True):
            if not result.done and not result.uncertain and not result.code.startswith("DUPLICATE"):
                troubles[change.id] = result.text
        return troubles

    def _licences(self, changes: Sequence[Written]) -> dict[str, str]:
        if not any(_wanted(change).license for change in changes):
            return {}
        rows = whole(read(self._client, [LICENSES]))
        return {text(row, "PermissionSetLicenseKey"): identifier(row, "Id") for row in rows}

    def _write(self, writes: Mapping[str, Sequence[Write]]) -> dict[str, str]:
        """Phase by phase, all roles together; why not, by change. What failed to be narrowed is not widened."""
        troubles: dict[str, str] = {}
        doubts: dict[str, str] = {}
        for phase in Phase:
            some = [
                (id_, write)
                for id_, all_ in writes.items()
                if id_ not in troubles
                for write in all_
                if write.phase is phase
            ]
            for (id_, write), result in zip(some, self._phase(phase, [write for _, write in some]), strict=True):
                if WRITES[phase][0] == "delete" and result.gone:
                    doubts.setdefault(id_, _explained(write, result))
                elif not result.done:
                    troubles.setdefault(id_, _explained(write, result))
        return doubts | troubles

    def _phase(self, phase: Phase, writes: Sequence[Write]) -> list[Result]:
        if not writes:
            return []
        how, kind = WRITES[phase]
        records = [write.record for write in writes]
        match how:
            case "delete":
                return self._records.delete(kind, [str(record["id"]) for record in records])
            case "update":
                return self._records.update(kind, records)
            case _:
                return self._records.create(kind, records)

    def _used(self, ids: Sequence[str]) -> dict[str, str]:
        """Who still uses these permission sets, whoever that is, in words."""
        queries = []
        for chunk in soql.chunks(ids):
            where = soql.one_of("PermissionSetId", chunk)
            queries += [
                Query("assignments", select("Id,PermissionSetId", "PermissionSetAssignment", where)),
                Query("components", select("Id,PermissionSetId", "PermissionSetGroupComponent", where)),
            ]
        counts: dict[str, dict[str, int]] = {}
        for reading in read(self._client, queries) if queries else ():
            for row in whole([reading]):
                of = counts.setdefault(identifier(row, "PermissionSetId"), {})
                of[reading.query.topic] = of.get(reading.query.topic, 0) + 1
        words = {"assignments": "assigned to {} users", "components": "part of {} permission set groups"}
        return {id_: ", ".join(words[topic].format(n) for topic, n in of.items()) for id_, of in counts.items()}


def _native(change: Written | DeleteRole) -> Native:
    if change.native is None:  # pragma: no cover  refused before
        return Native("", "")
    return change.native


def _wanted(change: Written) -> Content:
    return content_of("" if change.definition is None else change.definition.text)


def _foreign(change: Written, now: Mapping[Native, Stored]) -> bool:
    """Whether what stands there under our name does not carry our mark: it is never changed."""
    found = now.get(_native(change))
    return found is not None and found.content.mark is None


def _relicensed(change: Written, now: Mapping[Native, Stored]) -> bool:
    found = now.get(_native(change))
    return found is not None and found.content.license != _wanted(change).license


def _explained(write: Write, result: Result) -> str:
    """Why one record was refused, with what the declaration calls it."""
    named = write.record.get("Field") or write.record.get("SobjectType")
    if result.code in _UNUSABLE and named:
        return f"the org keeps no permission for {named}: it has no such name, or everybody has it with the object"
    if result.code in _NO_FIELD and write.phase is Phase.SET:
        return "the org has no such user permission, or our user may not set it; see the role's system permissions"
    return f"{named}: {result.text}" if named else result.text
