"""Roles as declared: what they may say, what they compile to, and what they are called in the org."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.salesforce import CONNECTOR
from connectors.salesforce.content import Content, content_of, description_of, mark_of, native_of
from connectors.salesforce.declarations import SalesforceRole, SalesforceTarget
from connectors.salesforce.vocabulary import FLAG_WORDS, MEANS, OBJECT_FLAGS
from reconciler.desired.kinds import Compiled
from reconciler.errors import DeclarationError
from reconciler.model import Native, Scope
from tests.connectors.salesforce.test_declarations import TARGET

SCHEMA = CONNECTOR.schema
ORG = SalesforceTarget.model_validate(TARGET)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,30}[a-z0-9])?", fullmatch=True)


def role(**said: object) -> SalesforceRole:
    return SalesforceRole.model_validate({"connector": "salesforce", **said})


def compiled(spec: SalesforceRole, scope: Scope = (), name: str = "triage") -> tuple[Compiled, ...]:
    return SCHEMA.compile(name, spec, target=ORG, vendor="acme", principal="maria.k", scope=scope)


def allows(**said: object) -> SalesforceRole:
    return role(allows=said)


TRIAGE = allows(
    objects={"Case": ["read", "comment", "escalate"], "Account": ["read"]},
    fields={"Case.Subject": "read"},
    system=["ApiEnabled"],
)


def test_words_compile_to_the_permissions_that_they_mean_and_nothing_else() -> None:
    ((definition,),) = ([one.definition for one in compiled(TRIAGE)],)
    assert definition is not None
    content = content_of(definition.text)
    assert content.objects == {
        "Case": frozenset({"PermissionsRead", "PermissionsEdit"}),
        "Account": frozenset({"PermissionsRead"}),
    }
    assert content.fields == {"Case.Subject": False, "Case.IsEscalated": True, "Case.Priority": True}
    assert content.system == {"ApiEnabled"}
    assert definition.lasting
    assert definition.meaning == definition.text
    assert "edit Case.Priority" in definition.words
    assert {risk.flag for risk in definition.risks} == {"api"}


def test_every_word_brings_the_permissions_that_its_own_depend_on() -> None:
    """Edit needs Read, Delete needs Edit, Modify All needs Delete and View All (ObjectPermissions)."""
    needs = {"Create": {"Read"}, "Edit": {"Read"}, "Delete": {"Read", "Edit"}, "ViewAllRecords": {"Read"}}
    needs["ModifyAllRecords"] = {"Delete", "ViewAllRecords"}
    for word, flags in MEANS.items():
        for flag in flags:
            for need in needs.get(flag.removeprefix("Permissions"), ()):
                assert f"Permissions{need}" in flags, word
    assert set(FLAG_WORDS) == set(OBJECT_FLAGS)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ({"objects": {"Cases": ["read"]}}, "did you mean 'Case'"),
        ({"objects": {"case": ["read"]}}, "did you mean 'Case'"),
        ({"objects": {"Case": ["raed"]}}, "read"),
        ({"objects": {"Account": ["escalate"]}}, "Case only"),
        ({"objects": {"Account": ["comment"]}}, "Case only"),
        ({"system": ["ApiEnable"]}, "did you mean 'ApiEnabled'"),
        ({"system": ["PermissionsApiEnabled"]}, "write 'ApiEnabled'"),
        ({"objects": {"Case": ["read"]}, "fields": {"Account.Name": "read"}}, "add Account: [read]"),
        ({"objects": {"Case": ["read"]}, "fields": {"Case.Subject": "edit"}}, "add 'edit' to Case"),
        ({"system": ["ManageUsers"]}, "no end"),
        ({}, "allows nothing"),
        ({"objects": {"Case": []}}, "at least 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write_instead(said: dict[str, object], hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        allows(**said)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"uses": {"permissionSet": "A"}, "allows": {"system": ["ApiEnabled"]}},
        {"uses": {"permissionSet": "A"}, "activation": "session"},
        {"uses": {"permissionSet": "A"}, "license": "SomePsl"},
        {"uses": {"group": "A"}, "records": "read"},
        {"allows": {"system": ["ApiEnabled"]}, "records": "read"},
    ],
)
def test_a_role_says_one_thing_only(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        role(**said)


def test_an_object_of_the_org_s_own_is_taken_as_it_stands() -> None:
    assert allows(objects={"Invoice__c": ["read"]}, fields={"Invoice__c.Total__c": "read"}).allows is not None


def test_what_a_defined_role_shows_is_known_without_the_org() -> None:
    assert SCHEMA.exposes(TRIAGE) == {"Case", "Account", "Case.Subject", "Case.IsEscalated", "Case.Priority"}
    assert SCHEMA.exposes(role(uses={"permissionSet": "A"})) == frozenset()


@given(NAMES, NAMES)
def test_no_two_roles_share_a_permission_set(one: str, other: str) -> None:
    """Also where the org ignores case; and every name is one that Salesforce takes."""
    assert (native_of(one).name.lower() == native_of(other).name.lower()) == (one == other)


@given(NAMES)
def test_a_permission_set_has_a_name_that_salesforce_takes(name: str) -> None:
    spelled = native_of(name).name
    assert len(spelled) <= 80
    assert spelled.replace("_", "").isalnum()
    assert "__" not in spelled
    assert not spelled.endswith("_")
    assert mark_of(description_of(name)) == name


def test_a_role_whose_name_is_too_long_to_spell_is_refused() -> None:
    with pytest.raises(DeclarationError, match="shorter name"):
        native_of("z" * 63)


CONTENTS = st.builds(
    Content,
    mark=st.none() | NAMES,
    objects=st.dictionaries(
        st.sampled_from(["Case", "Account"]), st.frozensets(st.sampled_from(OBJECT_FLAGS), min_size=1)
    ),
    fields=st.dictionaries(st.sampled_from(["Case.Subject", "Case.Priority"]), st.booleans()),
    system=st.frozensets(st.sampled_from(["ApiEnabled", "RunReports"])),
    session=st.booleans(),
    license=st.none() | st.just("SomePsl"),
    access=st.frozensets(st.just("ConnectedApplication:0H4000000000001AAA")),
)


@given(CONTENTS, CONTENTS)
def test_two_contents_read_the_same_only_when_they_are(one: Content, other: Content) -> None:
    """The text is what is compared, so nothing that matters may be missing from it, nor from what people read."""
    assert content_of(one.text) == one
    assert (one.text == other.text) == (one == other)
    if one.words != other.words:
        assert one != other


@given(CONTENTS)
def test_what_people_read_is_sorted_and_says_something(content: Content) -> None:
    assert all(content.words)
    assert list(content.words) == sorted(content.words)


CASE_SCOPE: Scope = (("cases", ("00001042", "00001043")),)


@pytest.mark.parametrize(
    ("spec", "level"),
    [
        (role(uses={"permissionSet": "A"}), "Read"),
        (role(uses={"permissionSet": "A"}, records="edit"), "Edit"),
        (role(uses={"permissionSetGroup": "A"}, records="read"), "Read"),
        (TRIAGE, "Edit"),
        (allows(objects={"Case": ["read", "comment"]}), "Read"),
        (allows(objects={"Case": ["create"]}), "Read"),
    ],
)
def test_a_scope_is_the_permission_set_and_a_share_of_each_record(spec: SalesforceRole, level: str) -> None:
    """The permission set is not narrowed, because it shows nothing by itself; each record is a binding of its own."""
    base, *records = compiled(spec, CASE_SCOPE)
    assert base.scope == ()
    assert base == compiled(spec)[0]
    assert [(one.native, one.scope, one.definition) for one in records] == [
        (Native("caseShare", level), (("cases", (number,)),), None) for number in ("00001042", "00001043")
    ]


def test_the_level_of_a_share_follows_the_object() -> None:
    spec = allows(objects={"Case": ["edit"], "Account": ["read"]})
    scope: Scope = (("accounts", ("001000000000001",)), ("cases", ("00001042",)))
    _, account, case = compiled(spec, scope)
    assert (account.native.name, case.native.name) == ("Read", "Edit")
    assert account.scope == (("accounts", ("001000000000001AAA",)),)


ACCOUNT_SCOPE: Scope = (("accounts", ("Acme",)),)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (allows(objects={"Case": ["read"]}), "Read, cases Read"),
        (allows(objects={"Case": ["edit"]}), "Read, cases Edit"),
        (allows(objects={"Account": ["read"]}), "Read"),
        (allows(objects={"Account": ["edit"]}), "Edit"),
        (allows(objects={"Account": ["read"], "Case": ["edit"]}), "Read, cases Edit"),
        (allows(objects={"Account": ["edit"], "Case": ["read"]}), "Edit, cases Read"),
        (role(uses={"permissionSet": "A"}, records={"cases": "edit"}), "Read, cases Edit"),
        (role(uses={"permissionSet": "A"}, records={"accounts": "edit"}), "Edit"),
        (role(uses={"permissionSetGroup": "A"}, records={"cases": "read", "accounts": "edit"}), "Edit, cases Read"),
        (role(uses={"permissionSet": "A"}, records="edit"), "Edit"),
        (role(uses={"accountTeamRole": "Vendor"}), "Vendor"),
        (role(uses={"accountShare": "Read, cases Edit"}), "Read, cases Edit"),
    ],
)
def test_an_account_is_shared_with_as_much_of_its_cases_as_the_role_needs(spec: SalesforceRole, name: str) -> None:
    share = compiled(spec, ACCOUNT_SCOPE)[-1]
    assert (share.native.name, share.scope) == (name, ACCOUNT_SCOPE)


def test_the_same_account_written_twice_is_one_binding() -> None:
    scope: Scope = (("accounts", ("001000000000001", "001000000000001AAA")),)
    assert len(compiled(role(uses={"permissionSet": "A"}), scope)) == 2


def test_a_pattern_is_kept_for_the_org_to_resolve() -> None:
    _, share = compiled(TRIAGE, (("cases", ("assignedTo:Support_L2",)),))
    assert share.scope == (("cases", ("assignedTo:Support_L2",)),)


@pytest.mark.parametrize(
    ("spec", "scope"),
    [
        (role(uses={"group": "G"}), (("cases", ("00001042",)),)),
        (role(uses={"queue": "G"}), (("cases", ("00001042",)),)),
        (role(uses={"userRole": "G"}), (("accounts", ("Acme",)),)),
        (role(uses={"permissionSetLicense": "G"}), (("accounts", ("Acme",)),)),
        (role(uses={"caseTeamRole": "Vendor"}), (("accounts", ("Acme",)),)),
        (role(uses={"accountTeamRole": "Vendor"}), (("cases", ("00001042",)),)),
        (role(uses={"caseTeamRole": "Vendor"}), ()),
        (role(uses={"accountTeamRole": "Vendor"}), ()),
        (allows(objects={"Contact": ["read"]}), (("accounts", ("Acme",)),)),
        (role(uses={"permissionSet": "A"}, records={"accounts": "read"}), (("cases", ("00001042",)),)),
        (allows(system=["ApiEnabled"]), (("cases", ("00001042",)),)),
        (TRIAGE, (("regions", ("emea",)),)),
        (TRIAGE, (("cases", ("no number!",)),)),
        (TRIAGE, (("cases", ("assignedTo:drop table",)),)),
    ],
)
def test_a_scope_that_a_role_cannot_have_is_refused(spec: SalesforceRole, scope: Scope) -> None:
    with pytest.raises(DeclarationError):
        compiled(spec, scope)


def test_a_place_in_a_team_is_on_records_only() -> None:
    (place,) = compiled(role(uses={"caseTeamRole": "Vendor Expert"}), (("cases", ("00001042",)),))
    assert (place.native, place.scope) == (Native("caseTeamRole", "Vendor Expert"), (("cases", ("00001042",)),))


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        (TRIAGE, {"cases", "accounts"}),
        (allows(objects={"Case": ["read"]}), {"cases", "accounts"}),
        (allows(objects={"Account": ["read"]}), {"accounts"}),
        (role(uses={"permissionSet": "A"}, records={"accounts": "read"}), {"accounts"}),
        (allows(system=["ApiEnabled"]), set()),
        (role(uses={"permissionSet": "A"}), set()),
        (role(uses={"permissionSet": "A"}, records="read"), {"cases", "accounts"}),
        (role(uses={"group": "A"}), set()),
        (role(uses={"caseTeamRole": "A"}), {"cases"}),
    ],
)
def test_a_role_about_customers_records_says_so(spec: SalesforceRole, needs: set[str]) -> None:
    assert SCHEMA.needs_scope(spec) == needs
