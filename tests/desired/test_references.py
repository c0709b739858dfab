"""Names that lead nowhere: where, the nearest right one, and what each costs."""

import pytest

from reconciler.model import ReasonCode
from tests.desired.world import ACME, SETTINGS, World, override, person, said, settled

HERE = "vendors/acme.yaml:"

FATAL = [
    ("onBehalfOf: maria.k", "onBehalfOf: maria", ["16:73: unknown human 'maria': did you mean 'maria.k'?"]),
    ("onBehalfOf: maria.k", "onBehalfOf: bot", ["16:73: 'bot' is of kind automation: only a human can answer for"]),
    ("onBehalfOf: maria.k", "onBehalfOf: dana.reyes", ["16:73: unknown human 'dana.reyes': there are 'maria.k'"]),
    ("owner: maria.k", "owner: liam.frod", ["17:44: unknown human 'liam.frod': did you mean 'liam.ford'?"]),
    ("owner: maria.k", "owner: desk", ["17:44: 'desk' is of kind persona: only a human can answer for others"]),
    ("{crm: maria@", "{crn: maria@", ["13:18: unknown target 'crn': did you mean 'crm'?"]),
    ("{crm: maria@acme.example}", "{crm: maria}", ["13:23: crm: found 'maria', expected a text that matches"]),
    ("{crm: maria@acme.example}", "{crm: {mount: a, alias: b}}", ["13:23: crm: found a mapping, expected a text"]),
    (
        "    - {name: bot, kind: automation, owner: maria.k}\n",
        "    - {name: bot, kind: automation, owner: maria.k}\n" * 2,
        ["18:14: the principal 'bot' is already declared on line 17: give each a name of its own"],
    ),
    ("- name: rotation", "- name: triage", ["25:13: the grant 'triage' is already declared on line 19: give each"]),
    (
        "email: desk@acme.example",
        "email: Maria.K@acme.example",
        ["16:42: 'maria.k@acme.example' already belongs to the principal on line 12: principals are never shared"],
    ),
    (
        "{crm: maria@acme.example}",
        "{crm: Desk@acme.example}",
        ["16:7: 'username desk@acme.example in crm' already belongs to the principal on line 13"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), FATAL)
def test_a_wrong_name_in_what_identifies_people_breaks_the_file(
    world: World, old: str, new: str, expected: list[str]
) -> None:
    """Who answers for whom, and who is who, must be certain: otherwise the vendor's file counts as broken."""
    world.commit({"vendors/acme.yaml": changed(ACME, old, new)})
    loaded = world.load()
    matches(said(loaded), expected)
    assert set(loaded.vendors) == {"beta"}
    (broken,) = loaded.broken
    assert (broken.name, broken.file) == ("acme", "desired-state/vendors/acme.yaml")
    asked = settled(loaded)
    assert {grant.doubt.code for grant in asked.grants if grant.vendor == "acme" and grant.doubt} == {
        ReasonCode.BROKEN_DECLARATION
    }


LEFT = [
    ("business: liam.ford", "business: liam.frod", ["6:22: unknown person 'liam.frod': did you mean 'liam.ford'?"]),
    (
        "technical: liam.ford",
        "technical: nobody",
        ["6:44: unknown person 'nobody': there are 'dana.reyes', 'liam.ford'"],
    ),
    ("by: dana.reyes", "by: dana.reys", ["14:40: unknown person 'dana.reys': did you mean 'dana.reyes'?"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), LEFT)
def test_an_employee_who_left_is_said_and_holds_nothing(world: World, old: str, new: str, expected: list[str]) -> None:
    """An owner or proofer whom nobody declares any more is a problem, and no doubt about what the vendor may do."""
    world.commit({"vendors/acme.yaml": changed(ACME, old, new)})
    loaded = world.load()
    matches(said(loaded), expected)
    assert not loaded.broken
    assert not [grant for grant in settled(loaded).grants if grant.doubt]


GRANT = [
    ("role: triage", "role: traige", ["21:13: unknown role 'traige': did you mean 'triage'?"]),
    ("target: crm", "target: crn", ["20:15: unknown target 'crn': did you mean 'crm'?"]),
    ("[maria.k, desk]", "[maria, desk]", ["22:20: unknown principal 'maria': did you mean 'maria.k'?"]),
    ("[maria.k, desk]", "[desk, desk]", ["22:26: the principal 'desk' stands here twice: once is enough"]),
    (
        "role: triage",
        "role: rotate",
        ["21:13: the role 'rotate' is for vault, and the target 'crm' is of kind salesforce"],
    ),
    ("until: 2027-01-31", "until: 2026-10-31", ["23:41: until (2026-10-31) is not after from (2026-11-01)"]),
    (
        "until: 2027-01-31",
        "until: 2026-10-31T22:59:00Z",
        ["23:41: until (2026-10-31 22:59:00+00:00) is not after from"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), GRANT)
def test_a_wrong_name_in_a_grant_costs_that_grant_only(world: World, old: str, new: str, expected: list[str]) -> None:
    world.commit({"vendors/acme.yaml": changed(ACME, old, new)})
    loaded = world.load()
    matches(said(loaded), expected)
    assert set(loaded.vendors) == {"acme", "beta"}
    assert set(loaded.doubts["acme"]) == {0}
    asked = settled(loaded)
    doubted = {grant.name for grant in asked.grants if grant.doubt}
    assert doubted == {"triage"}
    assert not any(claim.doubt for claim in asked.claims)


def test_a_missing_sponsor_breaks_nothing(world: World) -> None:
    """Admission answers `sponsor-changed`; the file stays what it is."""
    world.commit({"vendors/acme.yaml": changed(ACME, "sponsor: {name: dana.reyes", "sponsor: {name: dana.reyse")})
    loaded = world.load()
    matches(said(loaded), ["5:19: unknown person 'dana.reyse': did you mean 'dana.reyes'?"])
    assert not loaded.broken
    sponsors = {grant.vendor: grant.sponsor.known for grant in settled(loaded).grants}
    assert sponsors == {"acme": False, "beta": True}
    assert not any(grant.doubt for grant in settled(loaded).grants)


@pytest.mark.parametrize("how", ["not valid", "a link", "another ending", "another folder", "the folder"])
def test_a_sponsor_whose_file_cannot_be_read_puts_every_grant_in_doubt(world: World, how: str) -> None:
    """Somebody who cannot be read is not somebody who is gone."""
    people = world.root / "desired-state" / "people"
    file = people / "dana.reyes.yaml"
    match how:
        case "not valid":
            file.write_text(person("dana.reyes").replace("email", "emial"))
        case "a link":
            file.unlink()
            file.symlink_to("liam.ford.yaml")
        case "another ending":
            file.rename(people / "dana.reyes.yml")
        case "another folder":
            (people / "emea").mkdir()
            file.rename(people / "emea" / "dana.reyes.yaml")
        case _:
            people.rename(world.root / "people")
            people.symlink_to(world.root / "people", target_is_directory=True)
    world.commit({})
    loaded = world.load()
    asked = settled(loaded)
    acme = [grant for grant in asked.grants if grant.vendor == "acme"]
    assert len(acme) == 3
    assert all(grant.doubt and grant.doubt.code is ReasonCode.BROKEN_DECLARATION for grant in acme)
    assert all(grant.sponsor.known for grant in acme)
    assert "acme" in loaded.vendors


def test_an_owner_whose_file_cannot_be_read_breaks_nothing_else(world: World) -> None:
    world.commit({"people/liam.ford.yaml": "x: ["})
    loaded = world.load()
    assert "acme" in loaded.vendors
    assert not loaded.doubts.get("acme")
    assert set(loaded.doubts["beta"]) == {0}


def test_an_override_with_a_wrong_name_lifts_nothing(world: World) -> None:
    world.commit({"overrides/wave.yaml": override("crm", "dana.reyes")})
    assert set(world.load().overrides) == {"wave"}
    world.commit({"overrides/wave.yaml": override("crmm", "dana.reys")})
    loaded = world.load()
    assert not loaded.overrides
    assert said(loaded) == [
        "overrides/wave.yaml:5:11: unknown target 'crmm': did you mean 'crm'?",
        "overrides/wave.yaml:10:7: unknown person 'dana.reys': did you mean 'dana.reyes'?",
    ]


def test_a_vendor_with_a_mode_of_its_own_must_exist(world: World) -> None:
    """A broken vendor exists."""
    modes = "mode: enforce\n      vendorModes: {acme: observe, betaa: observe}"
    world.commit({"guestlist.yaml": changed(SETTINGS, "mode: enforce", modes), "vendors/acme.yaml": "x: ["})
    found = [line for line in said(world.load()) if line.startswith("guestlist")]
    assert found == ["guestlist.yaml:11:36: unknown vendor 'betaa': did you mean 'beta'?"]


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def matches(found: list[str], expected: list[str]) -> None:
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(HERE + start), (line, start)
