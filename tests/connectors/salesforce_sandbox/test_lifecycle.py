"""What happens in time and behind the scenes: expiry, leaving, licences, groups worked out, the trail."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.salesforce.sandbox.errors import caret
from connectors.salesforce.sandbox.org import Org

from .house import House
from .test_behaviour import new_user
from .test_rules import person

SOON = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
LATER = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
PSA = "PermissionSetAssignment"


def set_named(house: House, name: str) -> str:
    return house.one(f"SELECT Id FROM PermissionSet WHERE Name = '{name}'")


def given(house: House, **more: object) -> dict[str, object]:
    return {"AssigneeId": house.user("tom.b"), "PermissionSetId": set_named(house, "Vendor_Case_Triage"), **more}


def lapse(house: House) -> str:
    """An assignment that ended a day ago."""
    made = house.create(PSA, **given(house, ExpirationDate=SOON))
    house.org.clock.set(datetime.now(UTC) + timedelta(days=2))
    return made


def test_where_granting_again_makes_a_new_row_the_old_one_stays_gone(house: House) -> None:
    old = lapse(house)
    assert house.refused("PATCH", f"/sobjects/{PSA}/{old}", {"ExpirationDate": LATER}) == (404, "ENTITY_IS_DELETED")
    assert house.refused("DELETE", f"/sobjects/{PSA}/{old}") == (404, "ENTITY_IS_DELETED")
    assert house.create(PSA, **given(house, ExpirationDate=LATER)) != old
    assert house.refused("POST", f"/sobjects/{PSA}", given(house)) == (400, "DUPLICATE_VALUE")


@pytest.mark.parametrize("end", [LATER, None], ids=["another end", "no end"])
def test_where_the_expired_row_is_in_the_way_it_can_be_moved_on(house: House, end: str | None) -> None:
    """Creating is refused as a duplicate; changing the end of the row that queryAll shows makes it count again."""
    house.org.switches.regrant_after_expiry = False
    old = lapse(house)
    assert house.refused("POST", f"/sobjects/{PSA}", given(house, ExpirationDate=LATER)) == (400, "DUPLICATE_VALUE")
    (seen,) = house.rows(
        f"SELECT Id FROM {PSA} WHERE IsActive = false AND AssigneeId = '{house.user('tom.b')}'", "queryAll"
    )
    assert seen["Id"] == old
    assert house.refused("DELETE", f"/sobjects/{PSA}/{old}") == (404, "ENTITY_IS_DELETED")
    assert house.ask("PATCH", f"/sobjects/{PSA}/{old}", {"ExpirationDate": end}).status == 204
    assert house.rows(f"SELECT IsActive FROM {PSA} WHERE Id = '{old}'") == [{"IsActive": True}]


def test_an_org_without_expiry_knows_no_end_anywhere(house: House) -> None:
    house.org.switches.assignment_expiry = False
    names = [field["name"] for field in house.ask("GET", f"/sobjects/{PSA}/describe").body["fields"]]
    assert "ExpirationDate" not in names
    assert "IsActive" in names
    for query in (f"SELECT ExpirationDate FROM {PSA}", f"SELECT Id FROM {PSA} WHERE ExpirationDate = null"):
        assert house.refusal(query)["errorCode"] == "INVALID_FIELD"
    refused = (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert house.refused("POST", f"/sobjects/{PSA}", given(house, ExpirationDate=SOON)) == refused
    made = house.create(PSA, **given(house))
    assert house.refused("PATCH", f"/sobjects/{PSA}/{made}", {"ExpirationDate": SOON}) == refused
    (row,) = house.rows(f"SELECT FIELDS(ALL) FROM {PSA} WHERE Id = '{made}' LIMIT 1")
    assert "ExpirationDate" not in row


def test_nobody_sees_or_writes_what_the_org_keeps_for_itself(house: House) -> None:
    assert house.refusal(f"SELECT IsDeleted FROM {PSA}")["errorCode"] == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("default_case_owner", "default owner of cases"),
        ("automated_case_user", "Automated Case User"),
        ("default_workflow_user", "Default Workflow User"),
    ],
)
def test_whom_automation_needs_stays(house: House, role: str, sentence: str) -> None:
    """As long as the setting names them; then they can leave."""
    setattr(house.org.automation, role, house.user("tom.b"))
    path = f"/sobjects/User/{house.user('tom.b')}"
    answer = house.ask("PATCH", path, {"IsActive": False})
    assert answer.body[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert sentence in answer.body[0]["message"]
    setattr(house.org.automation, role, house.user("noor"))
    assert house.ask("PATCH", path, {"IsActive": False}).status == 204


def test_the_first_administrator_is_needed_until_others_are_named(house: House) -> None:
    other = house.as_user("noor")
    path = f"/sobjects/User/{house.org.admin_id}"
    assert other.refused("PATCH", path, {"IsActive": False}) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_who_stands_in_a_hierarchy_field_or_creates_cases_stays(house: House) -> None:
    tom, maria = house.user("tom.b"), house.user("maria.k")
    leave = ("PATCH", f"/sobjects/User/{tom}", {"IsActive": False})
    house.ask("PATCH", f"/sobjects/User/{maria}", {"Backup__c": tom})
    assert "value of a hierarchy field: Backup__c. : Maria Kovac" in house.ask(*leave).body[0]["message"]
    house.ask("PATCH", f"/sobjects/User/{maria}", {"Backup__c": None, "ManagerId": tom})
    organization = f"/sobjects/Organization/{house.org.org_id}"
    house.ask("PATCH", organization, {"WebToCaseDefaultCreatorId": tom})
    assert "Web to Case" in house.ask(*leave).body[0]["message"]
    house.ask("PATCH", organization, {"WebToCaseDefaultCreatorId": None})
    assert house.ask(*leave).status == 204


def portal_user(house: House) -> str:
    account = house.one("SELECT Id FROM Account WHERE Name = 'Quartz Telecom plc'")
    contact = house.create("Contact", LastName="Insider", AccountId=account)
    profile = house.one("SELECT Id FROM Profile WHERE Name = 'Partner Community User'")
    case = house.create("Case", Subject="mine", ContactId=contact)
    for published in (True, False):
        house.create("CaseComment", ParentId=case, CommentBody=f"published {published}", IsPublished=published)
    return house.create("User", **person("insider@partner.example", ProfileId=profile, ContactId=contact))


def test_a_portal_user_sees_the_contacts_cases_and_published_comments(house: House) -> None:
    portal_user(house)
    insider = house.as_user("insider")
    assert insider.rows("SELECT Subject FROM Case") == [{"Subject": "mine"}]
    assert insider.rows("SELECT CommentBody FROM CaseComment") == [{"CommentBody": "published True"}]


def test_leaving_a_portal_is_for_good(house: House) -> None:
    """One switch deactivates, lets go of contact and account, ends sessions and frees the licence."""
    user = portal_user(house)
    house.as_user("insider")
    used = "SELECT UsedLicenses FROM UserLicense WHERE Name = 'Partner Community'"
    assert house.rows(used) == [{"UsedLicenses": 1}]
    assert house.ask("PATCH", f"/sobjects/User/{user}", {"IsPortalEnabled": False}).status == 204
    (row,) = house.rows(f"SELECT IsActive, IsPortalEnabled, ContactId, AccountId FROM User WHERE Id = '{user}'")
    assert row == {"IsActive": False, "IsPortalEnabled": False, "ContactId": None, "AccountId": None}
    assert house.rows(used) == [{"UsedLicenses": 0}]
    assert house.rows(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}'") == []
    back = house.refused("PATCH", f"/sobjects/User/{user}", {"IsPortalEnabled": True})
    assert back == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_a_licence_comes_along_with_the_set_that_is_made_for_it(house: House) -> None:
    licence = house.one("SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'")
    role = house.create("PermissionSet", Name="Console", Label="Console", LicenseId=licence)
    house.create(PSA, AssigneeId=house.user("tom.b"), PermissionSetId=role)
    held = f"SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '{house.user('tom.b')}'"
    assert len(house.rows(held)) == 1
    assert house.rows(f"SELECT UsedLicenses FROM PermissionSetLicense WHERE Id = '{licence}'") == [{"UsedLicenses": 1}]


def test_coming_back_needs_a_free_licence(house: House) -> None:
    path = f"/sobjects/User/{house.user('tom.b')}"
    assert house.ask("PATCH", path, {"IsActive": False}).status == 204
    house.org.store.execute("UPDATE UserLicense SET TotalLicenses = UsedLicenses")
    assert house.refused("PATCH", path, {"IsActive": True}) == (400, "LICENSE_LIMIT_EXCEEDED")


def test_a_group_keeps_what_its_parts_allow_less_what_is_muted(house: House) -> None:
    """The query that the object reference gives, and its answer with and without muting."""
    rights = "SELECT SobjectType, PermissionsRead, PermissionsEdit FROM ObjectPermissions "
    of_group = f"{rights} WHERE Parent.PermissionSetGroup.DeveloperName = 'Vendor_Care_Bundle'"
    assert house.rows(of_group) == [{"SobjectType": "Case", "PermissionsRead": True, "PermissionsEdit": True}]
    right = house.one("SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'Vendor_Case_Triage'")
    assert house.ask("PATCH", f"/sobjects/ObjectPermissions/{right}", {"PermissionsEdit": False}).status == 204
    assert house.rows(of_group) == [{"SobjectType": "Case", "PermissionsRead": True, "PermissionsEdit": False}]
    assert house.ask("PATCH", f"/sobjects/ObjectPermissions/{right}", {"PermissionsRead": False}).status == 204
    assert house.rows(of_group) == []
    assert house.rows(f"SELECT Id FROM ObjectPermissions WHERE Id = '{right}'") == []


def test_working_a_group_out_takes_the_time_that_the_org_takes(house: House) -> None:
    """Until then the group says so, and its holders have what they had."""
    house.org.switches.recalculation_seconds = 60
    part = house.one("SELECT Id FROM PermissionSetGroupComponent WHERE PermissionSetId = "
                     f"'{set_named(house, 'Vendor_Knowledge_Read')}'")  # fmt: skip
    assert house.ask("DELETE", f"/sobjects/PermissionSetGroupComponent/{part}").status == 204
    status = "SELECT Status FROM PermissionSetGroup WHERE DeveloperName = 'Vendor_Care_Bundle'"
    mine = "SELECT PermissionsAllowViewKnowledge FROM UserPermissionAccess"
    assert house.rows(status) == [{"Status": "Updating"}]
    assert house.as_user("priya").rows(mine) == [{"PermissionsAllowViewKnowledge": True}]
    house.org.clock.set(datetime.now(UTC) + timedelta(minutes=2))
    assert house.rows(status) == [{"Status": "Updated"}]
    assert house.as_user("priya").rows(mine) == [{"PermissionsAllowViewKnowledge": False}]


def test_tokens_have_no_id_and_are_not_deleted_as_records(house: House) -> None:
    (token,) = house.rows("SELECT Id, DeleteToken FROM OauthToken WHERE User.Username LIKE 'old.contractor%'")
    assert token["Id"] is None
    assert token["DeleteToken"]


def test_a_share_needs_full_access_to_the_record(house: House) -> None:
    """Whoever only sees a case cannot hand it on, whatever their permission on cases is."""
    case = house.one("SELECT Id FROM Case WHERE Subject = 'SIM activation delayed'")
    house.create("CaseShare", CaseId=case, UserOrGroupId=house.user("maria.k"), CaseAccessLevel="Edit")
    share = {"CaseId": case, "UserOrGroupId": house.user("tom.b"), "CaseAccessLevel": "Read"}
    maria = house.as_user("maria.k")
    assert maria.refused("POST", "/sobjects/CaseShare", share)[1] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


@pytest.mark.parametrize("bosses", [True, False])
def test_what_a_group_is_given_goes_up_where_the_group_says_so(house: House, *, bosses: bool) -> None:
    """`DoesIncludeBosses`: whether managers of members have what is shared with the group."""
    group = house.create("Group", Name="Crew", DoesIncludeBosses=bosses)
    house.create("GroupMember", GroupId=group, UserOrGroupId=house.user("grace"))
    case = house.create("Case", Subject="shared with the crew")
    house.create("CaseShare", CaseId=case, UserOrGroupId=group, CaseAccessLevel="Read")
    seen = house.as_user("dana").rows("SELECT Id FROM Case WHERE Subject = 'shared with the crew'")
    assert bool(seen) is bosses


def test_letters_compare_without_case_in_every_script(house: House) -> None:
    house.create("Contact", LastName="Žofie Müller-Ärmel")
    for condition in ("LastName = 'žofie mÜLLER-äRMEL'", "LastName LIKE 'ŽOFIE%'", "LastName LIKE '%müller_ärmel'"):
        assert len(house.rows(f"SELECT Id FROM Contact WHERE {condition}")) == 1
    assert house.rows("SELECT Id FROM Contact WHERE LastName LIKE 'zofie%'") == []
    new_user(house, "žofie@vendor.example")
    vendors = house.one("SELECT Id FROM Profile WHERE Name = 'Vendor Support'")
    answer = house.ask("POST", "/sobjects/User", person("ŽOFIE@vendor.example", ProfileId=vendors))
    assert answer.body[0]["errorCode"] == "DUPLICATE_USERNAME"


@pytest.mark.parametrize(
    ("excerpt", "before", "after"),
    [
        # Published answers: camel-quarkus issue 3022, forcedotcom/cli issue 1356, bdw issue 94.
        ("LastReferencedDate, Jigsaw, JigsawCompanyId, CleanStatus, AccountSource, DunsNumber", 45, ", DunsMore, More"),
        ("Opportunity__r.Name, Opportunity__r.Id, Stage", 40, "\nFROM X"),
        ("WebEmail__c, Case_Resolution_Summary__c, MW_Case_ID__c, Escalation_Helper_Contact__c", 41, ", Another__c"),
    ],
)
def test_carets_show_the_words_around(excerpt: str, before: int, after: str) -> None:
    query = f"SELECT Id, FieldNumber0001, {excerpt}{after}"
    place = query.index(excerpt) + before
    assert caret(query, place) == f"\n{excerpt}\n{' ' * before}^\nERROR at Row:1:Column:{place + 1}\n"


def test_an_org_begins_with_its_first_administrator_in_charge() -> None:
    automation = Org().automation
    assert automation.default_case_owner is automation.automated_case_user is automation.default_workflow_user is None
