"""How the tests of writing make changes, and let guestlist's user write what they need."""

from datetime import UTC, datetime

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import SalesforceRole, SalesforceSchema, SalesforceTarget
from reconciler.model import AccountKey, Definition, Native, Reason, ReasonCode, Scope
from reconciler.plan.changes import AnyChange
from tests.connectors.salesforce.conftest import Org

END = datetime(2027, 2, 1, tzinfo=UTC)
WHY = (Reason(ReasonCode.DECLARED, "declared"),)
_RIGHTS = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
TARGET = SalesforceTarget.model_validate(
    {
        "connector": "salesforce",
        "url": {"env": "GUESTLIST_CRM_URL"},
        "auth": {"clientId": {"env": "GUESTLIST_CRM_ID"}, "clientSecret": {"env": "GUESTLIST_CRM_SECRET"}},
        "population": {"any": {"profiles": ["Vendor Support"], "emailDomains": ["acme-support.example"]}},
        "accounts": "create",
        "newAccounts": {"profile": "Vendor Support", "timeZone": "Europe/Berlin"},
    }
)


def let_write(org: Org) -> None:
    """Give guestlist's user what sharing records and defining roles take."""
    if org.query("SELECT Id FROM PermissionSet WHERE Name = 'writer'"):
        return
    rights = org.create("PermissionSet", Name="writer", Label="writer", PermissionsManageProfilesPermissionsets=True)
    for kind in ("Account", "Case", "Contact"):
        flags = {f"Permissions{right}": True for right in _RIGHTS}
        org.create("ObjectPermissions", ParentId=rights, SobjectType=kind, **flags)
    own = org.id_of("User", "guestlist@example.com", "Username")
    org.create("PermissionSetAssignment", AssigneeId=own, PermissionSetId=rights)


def change(
    connector: SalesforceConnector,
    kind: type[AnyChange],
    account: str = "",
    native: Native | None = None,
    scope: Scope = (),
    **other: object,
) -> AnyChange:
    """One change for the connector's org."""
    given = {"target": "crm", "stable_id": connector._client.token.org, "reasons": WHY, "until": END}
    return kind(account=account, native=native, scope=scope, **(given | other))  # type: ignore[arg-type]


def written(connector: SalesforceConnector, *changes: AnyChange) -> list[tuple[str, str]]:
    """Apply changes; how each ended, in their order."""
    outcomes = list(connector.apply(changes))
    by_change = {id(outcome.change): outcome for outcome in outcomes}
    assert len(by_change) == len(outcomes) == len(changes)
    return [(by_change[id(one)].status.value, by_change[id(one)].text) for one in changes]


def defined(name: str, **allows: object) -> Definition:
    """The definition of a role that allows this."""
    activation = {"activation": allows.pop("activation")} if "activation" in allows else {}
    spec = SalesforceRole.model_validate({"connector": "salesforce", "allows": allows, **activation})
    (compiled,) = SalesforceSchema().compile(name, spec, target=TARGET, vendor="acme", principal="maria.k", scope=())
    assert compiled.definition is not None
    return compiled.definition


def username(name: str) -> AccountKey:
    """The key of a Username."""
    return AccountKey("username", name)
