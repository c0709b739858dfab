"""The permission set that guestlist asks for suffices, and lacking any of it is noticed: never a shorter truth."""

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from connectors.salesforce import CONNECTOR
from connectors.salesforce.auth import JwtLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import SalesforceTarget
from connectors.salesforce.rights import permission_set
from reconciler.cli.main import guestlist
from reconciler.errors import TargetError
from reconciler.model import FOLLOWED, Native
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import TARGET
from tests.connectors.salesforce.conftest import POPULATION, Org
from tests.connectors.salesforce.hands import TRIAGE, account, assign, case, fresh

EXAMPLE = Path(__file__).parents[3] / "desired-state"
NAMESPACE = {"m": "http://soap.sforce.com/2006/04/metadata"}
CHECKBOXES = {
    "allowCreate": "PermissionsCreate",
    "allowRead": "PermissionsRead",
    "allowEdit": "PermissionsEdit",
    "allowDelete": "PermissionsDelete",
    "viewAllRecords": "PermissionsViewAllRecords",
    "modifyAllRecords": "PermissionsModifyAllRecords",
}
SOUGHT = Sought(
    natives=frozenset({TRIAGE, Native("userRole", "Customer_Care"), Native("queue", "Support_L2")}),
    scoped=frozenset({(Native("caseShare", "Read"), (("cases", (f"{FOLLOWED}Support_L2",)),))}),
    labelled=frozenset({"Case", "Case.Subject"}),
)


@dataclass(frozen=True)
class Rights:
    """A permission set of the Metadata API: user permissions, and checkboxes by object."""

    flags: frozenset[str]
    objects: dict[str, frozenset[str]]


def read(xml: str) -> Rights:
    root = ET.fromstring(xml)  # noqa: S314  our own text
    flags = frozenset(
        str(one.findtext("m:name", "", NAMESPACE)) for one in root.findall("m:userPermissions", NAMESPACE)
    )
    objects = {
        str(one.findtext("m:object", "", NAMESPACE)): frozenset(
            checkbox
            for element, checkbox in CHECKBOXES.items()
            if one.findtext(f"m:{element}", "", NAMESPACE) == "true"
        )
        for one in root.findall("m:objectPermissions", NAMESPACE)
    }
    return Rights(flags, objects)


def connect(org: Org, rights: Rights) -> SalesforceConnector:
    """As a user who may do nothing but this."""
    name = f"Rights_{fresh()}"
    made = org.create("PermissionSet", Name=name, Label=name, **{f"Permissions{flag}": True for flag in rights.flags})
    for kind, checkboxes in rights.objects.items():
        if checkboxes:
            org.create("ObjectPermissions", ParentId=made, SobjectType=kind, **dict.fromkeys(checkboxes, True))
    user, username = org.user("Minimum Access - Salesforce", "example.com")
    org.create("PermissionSetAssignment", AssigneeId=user, PermissionSetId=made)
    login = JwtLogin(org.client_id, username, org.jwt_key.read_text(), org.url)
    client = Client(org.url, login, "64.0", Session(org.ca_file), Patience(attempts=2, sleep=lambda _: None))
    return SalesforceConnector("crm", POPULATION, client)


@pytest.fixture(scope="module")
def busy(org: Org) -> Org:
    """An org in which a vendor holds something of most kinds, on records of others."""
    vendor, name = org.user()
    assign(org, vendor, TRIAGE)
    (case_id, _), (account_id, _) = case(org), account(org)
    org.create("CaseShare", CaseId=case_id, UserOrGroupId=vendor, CaseAccessLevel="Edit")
    org.create(
        "AccountShare",
        AccountId=account_id,
        UserOrGroupId=vendor,
        AccountAccessLevel="Read",
        OpportunityAccessLevel="None",
    )
    org.create("AccountTeamMember", AccountId=account_id, UserId=vendor, TeamMemberRole="Support")
    org.create("CaseTeamMember", ParentId=case_id, MemberId=vendor, TeamRoleId=org.id_of("CaseTeamRole", "Case Worker"))
    org.log_in(name, application="Data Loader")
    where = f"/services/data/v64.0/sobjects/User/{vendor}"
    role = org.id_of("UserRole", "Support_Engineering", "DeveloperName")
    org.call("PATCH", where, {"UserRoleId": role}).raise_for_status()
    return org


@pytest.mark.parametrize("writes", [True, False])
def test_the_least_rights_show_everything(busy: Org, writes: bool) -> None:  # noqa: FBT001  both
    """All that our own user of the example sees, who has more."""
    whole = busy.connect().observe(SOUGHT)
    assert whole.complete, whole.gaps
    live = connect(busy, read(permission_set(writes=writes))).observe(SOUGHT)
    assert replace(live, at=whole.at) == whole


def test_view_all_data_is_not_asked_for() -> None:
    assert not read(permission_set()).flags & {"ViewAllData", "ModifyAllData"}
    reading = read(permission_set(writes=False))
    assert not reading.flags & {"ManageProfilesPermissionsets", "AssignPermissionSets"}
    assert all("PermissionsModifyAllRecords" not in rights for rights in reading.objects.values())


def target(mode: str, **vendors: str) -> SalesforceTarget:
    said = TARGET.model_dump(by_alias=True, exclude_unset=True) | {"mode": mode, "vendorModes": vendors}
    return SalesforceTarget.model_validate(said)


@pytest.mark.parametrize(
    ("spec", "writes"),
    [(target("observe"), False), (target("enforce"), True), (target("observe", acme="enforce"), True),
     (target("enforce", acme="observe"), True)],
)  # fmt: skip
def test_the_rights_are_those_of_the_mode(busy: Org, spec: SalesforceTarget, writes: bool) -> None:  # noqa: FBT001  both
    """A pilot that writes for one vendor writes; and the doctor asks for no more than the permission set gives."""
    xml = CONNECTOR.least_rights(spec)
    assert xml == permission_set(writes=writes)
    client = connect(busy, read(xml))._client
    said = SalesforceConnector("crm", POPULATION, client, spec).diagnose()
    rights = [finding for finding in said if finding.topic == "rights"]
    assert [(finding.ok, "everything" in finding.text) for finding in rights] == [(True, True)]


def test_the_command_prints_it(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "desired-state")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    command = ["generate", "permission-set", "-C", str(tmp_path), "--worktree", "--target", "crm"]
    for mode, writes in (("observe", False), ("enforce", True)):
        done = CliRunner().invoke(guestlist, [*command, "--mode", mode])
        assert done.exit_code == 0, done.output
        assert read(done.stdout) == read(permission_set(writes=writes))


ALL = read(permission_set())
LACKING = [
    *(replace(ALL, flags=ALL.flags - {flag}) for flag in sorted(ALL.flags)),
    *(replace(ALL, objects={**ALL.objects, kind: frozenset()}) for kind in sorted(ALL.objects)),
    *(replace(ALL, objects={**ALL.objects, kind: frozenset({"PermissionsRead"})}) for kind in sorted(ALL.objects)),
]


def named(rights: Rights) -> str:
    lost = ALL.flags - rights.flags
    return next(iter(lost), "") or next(
        f"{kind}-{len(rights.objects[kind])}" for kind in ALL.objects if rights.objects[kind] != ALL.objects[kind]
    )


@pytest.mark.parametrize("rights", LACKING, ids=named)
def test_lacking_one_right_is_noticed_and_never_a_shorter_truth(busy: Org, rights: Rights) -> None:
    """The doctor names it, and an observation is complete only if it is all the same."""
    whole = busy.connect().observe(SOUGHT)
    connector = connect(busy, rights)
    try:
        live = connector.observe(SOUGHT)
    except TargetError:
        live = None
    assert live is None or not live.complete or replace(live, at=whole.at) == whole
    said = [finding for finding in connector.diagnose() if finding.topic in {"rights", "connection"}]
    assert any("lacks" in finding.text or finding.ok is False for finding in said)
