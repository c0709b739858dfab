"""An org that answers an observation from tables, and can refuse any query of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.model import Live
from reconciler.ports import Sought
from tests.connectors.salesforce.wire import (
    Answer,
    Wire,
    assignment_row,
    batch,
    connector,
    error,
    member_row,
    object_row,
    ordinary,
    records,
    soql_of,
    user_row,
)

END = "2027-02-01T00:00:00.000+0000"


@dataclass
class Org:
    """What an org holds, by the object that a query reads; `faults` are answered instead."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    found_by_key: list[dict[str, object]] = field(default_factory=list)
    faults: dict[str, Answer] = field(default_factory=dict)
    refuse: Callable[[str], Answer | None] = lambda _: None
    expiry: bool = True
    columns: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: object) -> Answer:
        if method == "GET":
            return self._answer(path.partition("?")[0], soql_of(path))
        assert (method, path) == ("POST", "composite/batch"), "observing only ever asks"
        return batch(self._answer, body)

    def __post_init__(self) -> None:
        for kind, rows in ordinary().items():
            self.rows[kind] = [*rows, *self.rows.get(kind, [])]

    def _answer(self, resource: str, soql: str) -> Answer:
        if resource.endswith("PermissionSet/describe"):
            return 200, {"name": "PermissionSet", "fields": [{"name": name} for name in self.columns]}
        if resource.endswith("/describe"):
            field = {"name": "ExpirationDate", "createable": self.expiry, "updateable": self.expiry}
            return 200, {"name": "PermissionSetAssignment", "fields": [{"name": "Id"}, field]}
        if not soql:
            return 400, error("INVALID_QUERY_LOCATOR")
        self.asked.append(soql)
        kind = soql.split(" FROM ")[1].split(maxsplit=1)[0]
        refused = self.refuse(soql) or self.faults.get(kind)
        return refused or (200, records(*self._rows(kind, soql)))

    def _rows(self, kind: str, soql: str) -> list[dict[str, object]]:
        """Several queries read some objects: what only one of them reads stands under a name of its own."""
        if "GROUP BY" in soql:
            kind = f"{kind} grouped"
        elif "DelegatedApproverId" in soql:
            kind = "User delegating"
        elif kind == "GroupMember" and "UserOrGroupId IN (SELECT Id FROM User" not in soql and "'005" not in soql:
            kind = "GroupMember nested"
        elif kind == "User" and any(
            f" WHERE {field} IN" in soql for field in ("Username", "Id", "FederationIdentifier")
        ):
            return [row for row in self.found_by_key if str(row["Id"]) in soql or "@" in soql]
        return self.rows.get(kind, [])


def observe(org: Org, sought: Sought | None = None) -> tuple[Live, Wire]:
    made, wire = connector(org)
    return made.observe(sought or Sought()), wire


def vendors() -> Org:
    return Org(
        {
            "User": [user_row(1, "maria@acme.example"), user_row(2, "jonas@acme.example", IsActive=False)],
            "PermissionSetAssignment": [
                assignment_row(1, 1, "Triage", END),
                assignment_row(2, 1, "Export"),
                assignment_row(3, 2, "Triage", IsActive=False),
            ],
            "GroupMember": [member_row(1, 1, "All"), member_row(2, 1, "L2", "Queue")],
        }
    )


def grouped(holder: str, cause: str) -> dict[str, object]:
    return {"UserOrGroupId": holder, "RowCause": cause, "records": 3}


EVERYBODY = {"Id": "00G000000000900AAA", "DeveloperName": "AllInternalUsers", "Type": "Organization", "RelatedId": None}
STAFF = {"Id": "00G000000000901AAA", "DeveloperName": "Staff", "Type": "Regular", "RelatedId": None}


def reading_cases(org: Org) -> Org:
    org.rows["ObjectPermissions"].append(object_row(9, "0PS000000000001AAA", "Case", "R"))
    return org
