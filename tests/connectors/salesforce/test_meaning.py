"""What held and sought roles really allow and show, and which records a scope means."""

from pydantic import TypeAdapter

from connectors.salesforce.conditions import Conditions
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population
from connectors.salesforce.words import ENDLESS
from reconciler.model import FOLLOWED, Exposure, Native, ReasonCode, Scope
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import TARGET
from tests.connectors.salesforce.conftest import POPULATION, Org
from tests.connectors.salesforce.hands import (
    EXPORT,
    TRIAGE,
    account,
    assign,
    case,
    fresh,
    held,
    observe,
    permission_set,
)


def test_what_permissions_really_allow(org: Org, vendor: str) -> None:
    """By content, not by name; also of what is only sought."""
    native, made = permission_set(org, "DataExport", "ManageUsers", objects={"Account": "RED", "Case": "RV"})
    assert native not in observe(org).risks
    live = observe(org, Sought(natives=frozenset({native})))
    assert {(risk.flag, risk.permission) for risk in live.risks[native] if risk.high} == {
        ("export", "PermissionsDataExport"),
        ("manage-users", "PermissionsManageUsers"),
        ("login-as", "PermissionsManageUsers"),
        ("delete", "Account.PermissionsDelete"),
        ("merge", "Account.PermissionsDelete"),
        ("view-all", "Case.PermissionsViewAllRecords"),
    }
    assert {risk.via for risk in live.risks[native]} == {f"permission set {native.name}"}
    assign(org, vendor, native)
    assert observe(org).risks[native] == live.risks[native]
    change = {"PermissionsDataExport": False}
    org.call("PATCH", f"/services/data/v64.0/sobjects/PermissionSet/{made}", change).raise_for_status()
    assert "export" not in {risk.flag for risk in observe(org).risks[native]}


def test_what_a_group_mutes_is_no_risk(org: Org, vendor: str) -> None:
    _, part = permission_set(org, "DataExport", "ViewSetup")
    name = f"Bundle_{fresh()}"
    group = org.create("PermissionSetGroup", DeveloperName=name, MasterLabel=name)
    org.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=part)
    org.create("PermissionSetAssignment", AssigneeId=vendor, PermissionSetGroupId=group)
    native = Native("permissionSetGroup", name)
    assert {risk.flag for risk in observe(org).risks[native]} == {"export", "view-setup"}
    mute = org.create(
        "MutingPermissionSet", DeveloperName=f"{name}_Mute", MasterLabel="mute", PermissionsDataExport=True
    )
    org.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=mute)
    assert {risk.flag for risk in observe(org).risks[native]} == {"view-setup"}


def test_what_holds_only_in_an_activated_session(org: Org, vendor: str) -> None:
    native, _ = permission_set(org, "DataExport", HasActivationRequired=True)
    assign(org, vendor, native)
    live = observe(org)
    assert live.activated == {native}
    assert native in live.risks


def test_who_shows_labelled_data(org: Org, vendor: str) -> None:
    """Through permission sets, groups and profiles; an object, its comments, and single fields."""
    labelled = frozenset({"Case", "case.subject", "Case.Reason", "CaseComment", "Contact"})
    assign(org, vendor, TRIAGE)
    live = observe(org, Sought(labelled=labelled))
    via = "permission set Vendor_Case_Triage"
    contact = "SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'Vendor_Case_Triage' AND SobjectType = 'Contact'"
    shown = ("Case", "case.subject", "CaseComment", *(["Contact"] if org.query(contact) else []))
    assert set(live.exposures[TRIAGE]) == {Exposure(item, via) for item in shown}
    profile = Native("profile", "Vendor Support")
    assert Exposure("Contact", "profile Vendor Support") in live.exposures.get(profile, ()) or "Contact" not in {
        str(row["SobjectType"])
        for row in org.query("SELECT SobjectType FROM ObjectPermissions WHERE Parent.Profile.Name = 'Vendor Support'")
    }
    sought = observe(
        org, Sought(labelled=labelled, natives=frozenset({EXPORT, Native("permissionSetGroup", "Vendor_Care_Bundle")}))
    )
    assert Exposure("Case", "permission set Vendor_Case_Export") in sought.exposures[EXPORT]
    bundle = sought.exposures[Native("permissionSetGroup", "Vendor_Care_Bundle")]
    assert Exposure("case.subject", "permission set group Vendor_Care_Bundle") in bundle


def test_a_pattern_means_the_open_cases_of_its_queue(org: Org) -> None:
    queue = org.id_of("Group", "Support_L2", "DeveloperName")
    _, mine = case(org, OwnerId=queue)
    _, closed = case(org, OwnerId=queue, Status="Closed")
    _, other = case(org)
    pattern: Scope = (("cases", (f"{FOLLOWED}support_l2",)),)
    nobody: Scope = (("cases", (f"{FOLLOWED}Nobody",)),)
    share = Native("caseShare", "Read")
    live = observe(org, Sought(scoped=frozenset({(share, pattern), (share, nobody)})))
    assert (("cases", (mine,)),) in live.followed[pattern]
    meant = {number for ((_, (number,)),) in live.followed[pattern]}
    open_ones = org.query(f"SELECT CaseNumber FROM Case WHERE OwnerId = '{queue}' AND IsClosed = false")
    assert meant == {row["CaseNumber"] for row in open_ones}
    assert not meant & {closed, other}
    assert nobody not in live.followed
    assert live.obstacles[share, nobody].code is ReasonCode.CASE_MISSING


def test_what_stands_in_the_way_of_a_scope(org: Org) -> None:
    _, number = case(org)
    twice = f"Twin {fresh()}"
    (first, _), _ = account(org, twice), account(org, twice)
    once, name = account(org)
    asked: dict[str, tuple[Native, Scope]] = {
        "case": (Native("caseShare", "Read"), (("cases", (number,)),)),
        "no case": (Native("caseShare", "Read"), (("cases", ("99999999",)),)),
        "twice": (Native("accountShare", "Read"), (("accounts", (twice,)),)),
        "by id": (Native("accountShare", "Read"), (("accounts", (first,)),)),
        "no account": (Native("accountShare", "Read"), (("accounts", ("Nobody Ltd",)),)),
        "name": (Native("accountShare", "Read"), (("accounts", (name,)),)),
        "same": (Native("accountShare", "Edit"), (("accounts", (once,)),)),
        "role": (Native("caseTeamRole", "Nobody"), (("cases", (number,)),)),
        "worker": (Native("caseTeamRole", "Case Worker"), (("cases", (number,)),)),
    }
    live = observe(org, Sought(scoped=frozenset(asked.values())))
    assert {word for word, key in asked.items() if key in live.obstacles} == {
        "no case",
        "twice",
        "no account",
        "same",
        "role",
    }
    assert live.obstacles[asked["no case"]].code is ReasonCode.CASE_MISSING


def test_attributes_are_what_declarations_may_ask_for(org: Org) -> None:
    vendor, name = org.user()
    assert observe(org).accounts[vendor].attributes == {
        "profile": "Vendor Support",
        "timeZone": "Europe/Berlin",
        "locale": "en_US",
        "language": "en_US",
        "emailEncoding": "UTF-8",
        "email": name,
        "lastName": "New",
        "alias": "new",
    }
    where = f"/services/data/v64.0/sobjects/User/{vendor}"
    org.call("PATCH", where, {"FederationIdentifier": f"Fed|{vendor}"}).raise_for_status()
    native, _ = permission_set(org, "ForceTwoFactor")
    assign(org, vendor, native)
    attributes = observe(org).accounts[vendor].attributes
    assert attributes["federationId"] == f"Fed|{vendor}"
    assert (attributes["federated"], attributes["mfa"]) == ("required", "required")


def test_portal_roles_are_no_bindings(org: Org) -> None:
    made, _ = account(org)
    contact = org.create("Contact", AccountId=made, LastName="Portal")
    name = f"portal{fresh()}@acme-support.example"
    role = org.id_of("UserRole", "Support_Engineering", "DeveloperName")
    vendor = org.create(
        "User",
        Username=name,
        Email=name,
        LastName="Portal",
        Alias="portal",
        ProfileId=org.id_of("Profile", "Partner Community User"),
        ContactId=contact,
        TimeZoneSidKey="UTC",
        LocaleSidKey="en_US",
        EmailEncodingKey="UTF-8",
        LanguageLocaleKey="en_US",
    )
    org.call("PATCH", f"/services/data/v64.0/sobjects/User/{vendor}", {"UserRoleId": role})
    population = Population.model_validate({"any": {"profiles": ["Partner Community User"]}})
    assert "userRole" not in {native.kind for native, _ in held(observe(org, population=population), vendor)}


def test_a_kind_without_an_end_is_said_to_have_none(org: Org) -> None:
    live = observe(org)
    assert {one.key.native.kind for one in live.bindings if one.unremovable is None} - ENDLESS <= {
        "permissionSet",
        "permissionSetGroup",
    }


def test_what_profiles_ask_of_whoever_logs_in(org: Org) -> None:
    """Read where conditions are declared, a call for each profile in use; what no API shows is said."""
    vendor, _ = org.user()
    plain = org.connect()
    assert "loginIpRanges" not in plain.observe(Sought()).accounts[vendor].attributes
    conditions = {"high": {"loginIpRanges": ["203.0.113.0/24"], "sessionLevel": "HIGH_ASSURANCE"}}
    target = TARGET.model_copy(update={"conditions": TypeAdapter(dict[str, Conditions]).validate_python(conditions)})
    made = SalesforceConnector("crm", POPULATION, plain._client, target)
    org.calls()
    live = made.observe(Sought())
    profiles = {one.attributes["profile"] for one in live.population()}
    assert org.calls() == 1 + len(profiles)
    assert live.accounts[vendor].attributes["loginIpRanges"] == "any"
    assert live.accounts[vendor].attributes["loginHours"].startswith("monday 00:00-24:00")
    assert "loginIpRanges" in live.accounts[vendor].fixed
    assert any("session level" in note for note in live.notes)


def test_activation_counts_where_a_set_is_assigned_itself(org: Org, vendor: str) -> None:
    """Within a group only the group's own checkbox does; and what asks for it allows what it says, to whoever asks."""
    native, part = permission_set(org, "DataExport", HasActivationRequired=True)
    natives = {}
    for asks in (True, False):
        name = f"Bundle_{fresh()}"
        group = org.create("PermissionSetGroup", DeveloperName=name, MasterLabel=name, HasActivationRequired=asks)
        org.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=part)
        org.create("PermissionSetAssignment", AssigneeId=vendor, PermissionSetGroupId=group)
        natives[asks] = Native("permissionSetGroup", name)
    mine = {native, *natives.values()}
    live = observe(org)
    assert live.activated & mine == {natives[True]}
    assert all("export" in {risk.flag for risk in live.risks[one]} for one in natives.values())
    assign(org, vendor, native)
    live = observe(org)
    assert live.activated & mine == {natives[True], native}
    assert "export" in {risk.flag for risk in live.risks[native]}


def test_to_see_all_fields_is_to_see_each_that_is_labelled(org: Org) -> None:
    """Whatever the field permissions say: of a set by itself, in a group, and of one that asks for activation."""
    labelled = frozenset({"Case.Subject", "Case.SuppliedEmail", "Contact.Email", "Case"})
    for asks in (False, True):
        native, made = permission_set(org, HasActivationRequired=asks)
        fields = {"PermissionsRead": True, "PermissionsViewAllFields": True}
        row = org.create("ObjectPermissions", ParentId=made, SobjectType="Case", **fields)
        name = f"Bundle_{fresh()}"
        group = org.create("PermissionSetGroup", DeveloperName=name, MasterLabel=name)
        org.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=made)
        bundle = Native("permissionSetGroup", name)
        sought = Sought(natives=frozenset({native, bundle}), labelled=labelled)
        live = observe(org, sought)
        for one in (native, bundle):
            assert {shown.item for shown in live.exposures[one]} == {"Case", "Case.Subject", "Case.SuppliedEmail"}
            assert ("view-all-fields", "Case.PermissionsViewAllFields") in {
                (risk.flag, risk.permission) for risk in live.risks[one]
            }
        change = {"PermissionsViewAllFields": False}
        org.call("PATCH", f"/services/data/v64.0/sobjects/ObjectPermissions/{row}", change).raise_for_status()
        assert {shown.item for shown in observe(org, sought).exposures[native]} == {"Case"}
