"""Orgs from files, and made up in numbers."""

import json
import re
from pathlib import Path

import pytest

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.seeds import Seed, SeedError, model, plant, read
from connectors.salesforce.sandbox.sessions import Sessions

from .house import House, open_house

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = DOCS / "org.example.json"


@pytest.fixture(scope="module")
def example() -> House:
    """The org that the documentation's example describes."""
    return open_house(read(str(EXAMPLE)))


def described(tmp_path: Path, **parts: object) -> str:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(parts), encoding="utf-8")
    return str(path)


def planted(seed: Seed) -> Org:
    org = Org()
    plant(seed, org, Sessions(org), jwt_public_key="")
    return org


def test_the_example_describes_people_and_what_they_hold(example: House) -> None:
    (held,) = example.rows(
        "SELECT PermissionSetGroup.DeveloperName, ExpirationDate FROM PermissionSetAssignment "
        "WHERE Assignee.Username = 'ken.ode@nightcare.example' AND PermissionSetGroupId != null"
    )
    assert held == {
        "PermissionSetGroup": {"DeveloperName": "Vendor_Care"},
        "ExpirationDate": "2040-06-30T22:00:00.000+0000",
    }
    frozen = example.rows("SELECT UserId FROM UserLogin WHERE IsFrozen = true")
    assert frozen == [{"UserId": example.user("lou.lind")}]
    (portal,) = example.rows("SELECT UserType, Contact.Email FROM User WHERE IsPortalEnabled = true")
    assert portal == {"UserType": "PowerPartner", "Contact": {"Email": "per.quist@portside.example"}}


def test_the_example_describes_who_may_see_what(example: House) -> None:
    """By queue and muted group, by team, and by portal, the case and its fields are seen as far as they should be."""
    ken, lou, per = map(example.as_user, ("ken.ode", "lou.lind", "per.quist"))
    assert ken.rows("SELECT Subject FROM Case") == [{"Subject": "Container lost"}]
    assert ken.refusal("SELECT Description FROM Case")["errorCode"] == "INVALID_FIELD"
    assert lou.rows("SELECT Subject FROM Case") == [{"Subject": "Container lost"}]
    assert [row["CommentBody"] for row in per.rows("SELECT CommentBody FROM CaseComment")] == ["We are looking."]
    assert lou.rows("SELECT Name FROM Account") == [{"Name": "Portside Partners"}]


def test_the_page_says_every_key_and_its_snippet_can_be_planted(tmp_path: Path) -> None:
    page = (DOCS / "sandbox.md").read_text(encoding="utf-8")
    section = page.partition("## An org of your own")[2].partition("\n## ")[0]
    (snippet,) = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    path = tmp_path / "seed.json"
    path.write_text(snippet, encoding="utf-8")
    assert planted(read(str(path))).org_id
    said = set(re.findall(r"`([A-Za-z]+)`", section)) | set(re.findall(r'"([A-Za-z]+)":', snippet))
    parts = (model.Seed, model.Profile, model.PermissionSet, model.PermissionSetGroup, model.User, model.Account)
    assert {str(field.alias) for part in parts for field in part.model_fields.values()} - said == set()


def test_every_seed_can_be_made_larger() -> None:
    """The same number gives the same people with the same permission sets, whatever else there is."""

    def made_up(org: Org) -> list[tuple[object, ...]]:
        return org.store.tuples(
            'SELECT u."Username", p."Name" FROM "PermissionSetAssignment" a JOIN "User" u ON u."Id" = a."AssigneeId" '
            'JOIN "PermissionSet" p ON p."Id" = a."PermissionSetId" '
            'WHERE u."Username" LIKE \'%@vendor-__.example\' AND p."IsOwnedByProfile" = 0 ORDER BY 1, 2'
        )

    large = made_up(planted(read("demo", accounts=300)))
    assert len({name for name, _ in large}) == 300
    assert 3 * 300 < len(large) < 7 * 300
    assert made_up(planted(read("demo", accounts=300))) == large
    assert made_up(planted(read("empty", accounts=300))) == large
    assert made_up(planted(read(str(EXAMPLE), accounts=300))) == large
    assert made_up(planted(read("demo", accounts=301))) != large


def test_the_empty_seed_has_employees_and_no_vendor() -> None:
    house = open_house("empty")
    assert house.query("SELECT COUNT() FROM User WHERE Profile.Name = 'Vendor Support'")["totalSize"] == 0
    assert house.query("SELECT COUNT() FROM User WHERE Title != null")["totalSize"] == 12
    assert house.query("SELECT COUNT() FROM PermissionSet WHERE Name LIKE 'Vendor_%'")["totalSize"] == 3


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"users": [{"username": "a@b.example"}]}, "is wrong at users.0.lastName: Field required"),
        ({"user": []}, "is wrong at user: Extra inputs are not permitted"),
        (
            {"users": [{"username": "a@b.example", "lastName": "A", "profile": "Nobody"}]},
            "names the profile Nobody, but defines none",
        ),
        (
            {"users": [{"username": "a", "lastName": "A", "profile": "Standard User", "email": "no address"}]},
            "user a cannot be: ",
        ),
        (
            {"users": [{"username": "a@b.example", "lastName": "A", "profile": "Partner Community User"}]},
            "user a@b.example cannot be: Portal users must be associated to a contact",
        ),
        ({"accounts": [{"name": "A", "owner": "b@c.example"}]}, "names the user b@c.example, but defines none"),
        ({"permissionSets": [{"name": "P", "label": "P", "permissions": ["Fly"]}]}, "no permission PermissionsFly"),
        ({"permissionSets": [{"name": "P", "label": "P", "objects": {"Juggler": "R"}}]}, "there is no object Juggler"),
    ],
)
def test_a_seed_that_makes_no_sense_is_refused_with_a_sentence(
    tmp_path: Path, parts: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SeedError) as refused:
        planted(read(described(tmp_path, **parts)))
    assert sentence in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_seed_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SeedError, match="is wrong at its beginning"):
        read(str(path))


def test_a_seed_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="name demo, empty, or a JSON file"):
        read(str(tmp_path / "none.json"))
