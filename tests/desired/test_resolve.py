"""What the declarations ask for, and how sure that is."""

from datetime import UTC, datetime

import pytest

from reconciler.desired.load import load
from reconciler.desired.resolve import resolve
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey, Claim, Entitlements, Grant, Native, ReasonCode
from tests.desired.kinds import KINDS
from tests.desired.world import ACME, BETA, FILES, SETTINGS, World, said

BROKEN = "x: ["


def grants(asked: Entitlements, vendor: str) -> dict[tuple[str, str], Grant]:
    return {(grant.name, grant.principal.name): grant for grant in asked.grants if grant.vendor == vendor}


def claims(asked: Entitlements, vendor: str) -> dict[tuple[str, str], Claim]:
    return {(claim.principal, claim.target): claim for claim in asked.claims if claim.vendor == vendor}


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def test_a_valid_repository_is_asked_for_without_doubt(world: World) -> None:
    asked = world.resolve()
    assert not said(world.load())
    assert not asked.blind
    assert set(grants(asked, "acme")) == {("triage", "maria.k"), ("triage", "desk"), ("rotation", "bot")}
    assert not any(grant.doubt or grant.lapse for grant in asked.grants)
    assert not any(claim.doubt or claim.refused for claim in asked.claims)


def test_a_grant_knows_everything_that_admission_looks_at(world: World) -> None:
    grant = grants(world.resolve(), "acme")["triage", "maria.k"]
    assert grant.id == "acme/triage"
    assert grant.key == AccountKey("username", "maria@acme.example")
    assert grant.native == Native("permissionSet", "Triage")
    assert grant.at == "desired-state/vendors/acme.yaml:19"
    assert (grant.target, grant.role, grant.reason, grant.ticket) == ("crm", "triage", "first response", None)
    assert (grant.sponsor.name, grant.sponsor.known) == ("dana.reyes", True)
    assert grant.sponsor.at == "desired-state/vendors/acme.yaml:5"
    principal = grant.principal
    assert (principal.name, principal.kind, principal.mfa) == ("maria.k", "human", True)
    assert principal.at == "desired-state/vendors/acme.yaml:10"


def test_who_answers_for_whom_is_the_declared_human(world: World) -> None:
    asked = grants(world.resolve(), "acme")
    accountable = {name: grant.principal.accountable for (_, name), grant in asked.items()}
    assert accountable == {"maria.k": None, "desk": "maria.k", "bot": "maria.k"}


def test_dates_are_days_of_the_settings_time_zone(world: World) -> None:
    """A date as a start begins its day, as an end it is inclusive, in summer and in winter; an instant is itself."""
    asked = grants(world.resolve(), "acme")
    triage, rotation = asked["triage", "maria.k"], asked["rotation", "bot"]
    assert triage.start == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert triage.end == datetime(2027, 1, 31, 23, tzinfo=UTC)
    assert rotation.start is None
    assert rotation.end == datetime(2027, 6, 30, 16, tzinfo=UTC)
    assert triage.contract_start == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert triage.contract_end == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert triage.sponsor.since == datetime(2026, 1, 9, 23, tzinfo=UTC)
    assert triage.principal.proofed == datetime(2026, 1, 11, 23, tzinfo=UTC)


def test_every_principal_claims_its_account_in_every_target(world: World) -> None:
    asked = world.resolve()
    assert {place: claim.key.value for place, claim in claims(asked, "acme").items()} == {
        ("maria.k", "crm"): "maria@acme.example",
        ("maria.k", "vault"): "vendor_acme_maria.k",
        ("desk", "crm"): "desk@acme.example",
        ("desk", "vault"): "vendor_acme_desk",
        ("bot", "vault"): "vendor_acme_bot",
    }
    assert claims(asked, "acme")["bot", "vault"].at == "desired-state/vendors/acme.yaml:17"


def test_a_principal_without_an_account_in_the_target_lapses(world: World) -> None:
    text = changed(ACME, "principals: [maria.k, desk]", "principals: [maria.k, bot]")
    world.commit({"vendors/acme.yaml": text})
    grant = grants(world.resolve(), "acme")["triage", "bot"]
    assert grant.key is None
    assert grant.lapse is not None
    assert grant.lapse.code is ReasonCode.MISSING_ACCOUNT
    assert grant.lapse.at == "desired-state/vendors/acme.yaml:17"


@pytest.mark.parametrize("text", [BROKEN, None, SETTINGS.replace("salesforce", "ldap")])
def test_without_settings_nothing_goes(world: World, text: str | None) -> None:
    """Broken or missing Settings stop everything, with the problems of all files."""
    world.commit({"guestlist.yaml": text, "vendors/beta.yaml": BROKEN})
    with pytest.raises(DeclarationError, match="nothing goes without Settings") as caught:
        load(world.source(), KINDS)
    assert any("vendors/beta.yaml:" in problem for problem in caught.value.problems)


def test_a_broken_file_holds_its_vendor_only(world: World) -> None:
    """Its accounts and ends are those of its last valid version, in doubt; the rest goes on."""
    before = world.resolve()
    world.commit({"vendors/acme.yaml": changed(ACME, "tier: high", "tier: hihg")})
    loaded = world.load()
    assert [broken.name for broken in loaded.broken] == ["acme"]
    asked = world.resolve()
    assert grants(asked, "beta") == grants(before, "beta")
    assert set(grants(asked, "acme")) == set(grants(before, "acme"))
    assert set(claims(asked, "acme")) == set(claims(before, "acme"))
    for place, grant in grants(asked, "acme").items():
        assert grant.doubt is not None
        assert grant.doubt.code is ReasonCode.BROKEN_DECLARATION
        assert grant.doubt.at == "desired-state/vendors/acme.yaml:7"
        assert grant.end == grants(before, "acme")[place].end
        assert grant.native == grants(before, "acme")[place].native
    assert all(claim.doubt for claim in claims(asked, "acme").values())
    assert not asked.blind


def test_the_last_valid_version_is_the_newest_one_that_is_valid(world: World) -> None:
    """Versions that do not parse, do not validate or name nobody are passed over."""
    world.commit({"vendors/acme.yaml": changed(ACME, "until: 2027-01-31", "until: 2027-02-28")})
    world.commit({"vendors/acme.yaml": ACME.replace("owner: maria.k", "owner: nobody")})
    world.commit({"vendors/acme.yaml": BROKEN})
    world.commit({"vendors/acme.yaml": ACME.replace("tier: high", "tear: high")})
    assert grants(world.resolve(), "acme")["triage", "maria.k"].end == datetime(2027, 2, 28, 23, tzinfo=UTC)


def test_a_version_may_name_who_was_there_when_it_was_committed(world: World) -> None:
    """Somebody who left since does not make an old version invalid."""
    acme = ACME.replace("owner: maria.k", "owner: old.hand")
    hand = FILES["people/dana.reyes.yaml"].replace("dana.reyes", "old.hand")
    world.commit({"people/old.hand.yaml": hand, "vendors/acme.yaml": acme})
    world.commit({"people/old.hand.yaml": None})
    loaded = world.load()
    assert [broken.name for broken in loaded.broken] == ["acme"]
    asked = grants(world.resolve(), "acme")
    assert len(asked) == 3
    assert all(grant.doubt for grant in asked.values())


def test_what_was_merged_from_a_side_branch_counts_only_as_merged(world: World) -> None:
    """A valid version that never stood on the first-parent history is not the last valid one."""
    world.git("checkout", "-q", "-b", "side")
    world.commit({"vendors/acme.yaml": changed(ACME, "until: 2027-01-31", "until: 2027-08-31")})
    world.commit({"vendors/acme.yaml": BROKEN})
    world.git("checkout", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert grants(world.resolve(), "acme")["triage", "maria.k"].end == datetime(2027, 1, 31, 23, tzinfo=UTC)


def test_a_broken_work_tree_falls_back_to_head(world: World) -> None:
    world.write({"vendors/acme.yaml": BROKEN})
    asked = resolve(load(world.on_disk(), KINDS), KINDS)
    assert len(grants(asked, "acme")) == 3
    assert all(grant.doubt for grant in grants(asked, "acme").values())


@pytest.mark.parametrize(
    "file", ["vendors/new.yaml", "vendors/new.yml", "vendors/emea/new.yaml", "vendor/new.yaml", "vendors/New.yaml"]
)
def test_a_file_that_never_was_valid_makes_blind(world: World, file: str) -> None:
    """Nobody knows whom it names, so everything that is not listed elsewhere has to be held."""
    world.commit({file: BROKEN})
    asked = world.resolve()
    (reason,) = asked.blind
    assert reason.code is ReasonCode.BROKEN_DECLARATION
    assert (reason.at or "").startswith(f"desired-state/{file}:")
    assert len(asked.grants) == 4


@pytest.mark.parametrize("file", ["people/new.yaml", "roles/new.yaml", "overrides/new.yaml", "notes.txt"])
def test_a_broken_file_that_can_name_no_vendor_blinds_nobody(world: World, file: str) -> None:
    world.commit({file: BROKEN})
    assert said(world.load())
    assert not world.resolve().blind


@pytest.mark.parametrize("how", ["another ending", "a link", "another folder"])
def test_a_misplaced_vendor_file_is_a_broken_one(world: World, how: str) -> None:
    """Renaming a file must not take its vendor off the list unnoticed."""
    file = world.root / "desired-state" / "vendors" / "acme.yaml"
    match how:
        case "another ending":
            file.rename(file.with_suffix(".yml"))
        case "a link":
            file.rename(world.root / "acme.yaml")
            file.symlink_to("../../acme.yaml")
        case _:
            (file.parent / "emea").mkdir()
            file.rename(file.parent / "emea" / "acme.yaml")
    world.commit({})
    asked = world.resolve()
    assert len(grants(asked, "acme")) == 3
    assert all(grant.doubt for grant in grants(asked, "acme").values())
    assert not asked.blind


def test_a_removed_vendor_is_gone(world: World) -> None:
    world.commit({"vendors/acme.yaml": None})
    asked = world.resolve()
    assert not grants(asked, "acme")
    assert not claims(asked, "acme")
    assert not asked.blind


def test_a_vendors_folder_that_became_a_link_blinds(world: World) -> None:
    folder = world.root / "desired-state" / "vendors"
    folder.rename(world.root / "vendors")
    folder.symlink_to("../vendors", target_is_directory=True)
    world.commit({})
    asked = world.resolve()
    assert not asked.grants
    assert len(asked.blind) == 1


@pytest.mark.parametrize(("text", "at"), [(BROKEN, "roles/triage.yaml:"), (None, "vendors/acme.yaml:21")])
def test_a_lost_role_is_its_last_valid_version_in_doubt(world: World, text: str | None, at: str) -> None:
    world.commit({"roles/triage.yaml": text})
    asked = grants(world.resolve(), "acme")
    grant = asked["triage", "maria.k"]
    assert grant.native == Native("permissionSet", "Triage")
    assert grant.doubt is not None
    assert grant.doubt.code is ReasonCode.BROKEN_DECLARATION
    assert (grant.doubt.at or "").startswith(("desired-state/" + at, "desired-state/vendors/acme.yaml:21"))
    assert asked["rotation", "bot"].doubt is None


def test_a_role_that_never_was_has_no_name_in_the_target(world: World) -> None:
    text = ACME + (
        "    - {name: more, target: crm, role: other, principals: [desk], window: {until: 2027-01-31}, reason: x}\n"
    )
    world.commit({"vendors/acme.yaml": text})
    grant = grants(world.resolve(), "acme")["more", "desk"]
    assert grant.native is None
    assert grant.doubt is not None
    assert grants(world.resolve(), "acme")["triage", "desk"].doubt is None


@pytest.mark.parametrize(
    ("old", "new"),
    [("role: triage", "role: traige"), ("target: crm", "target: crn"), ("[maria.k, desk]", "[maria.q, desk]")],
)
def test_a_misspelt_name_takes_nothing_away(world: World, old: str, new: str) -> None:
    """What the grant said when it had no wrong name is held, though it is not said any more."""
    world.commit({"vendors/acme.yaml": changed(ACME, old, new)})
    held = [
        grant
        for grant in world.resolve().grants
        if (grant.vendor, grant.target, grant.role, grant.principal.name) == ("acme", "crm", "triage", "maria.k")
    ]
    assert len(held) == 1
    assert held[0].native == Native("permissionSet", "Triage")
    assert held[0].doubt is not None


def test_an_account_of_two_vendors_is_the_earlier_ones(world: World) -> None:
    """By the history, and not by the alphabet."""
    world.commit({"vendors/aaa.yaml": rival("aaa", "other@aaa.example", "{crm: Tom.B@beta.example}")})
    asked = world.resolve()
    refused = claims(asked, "aaa")["tom", "crm"].refused
    assert refused is not None
    assert refused.code is ReasonCode.AMBIGUOUS_ACCOUNT
    assert refused.text.startswith(
        "username tom.b@beta.example in crm is already declared by beta (desired-state/vendors/beta.yaml:10)"
    )
    assert refused.at == "desired-state/vendors/aaa.yaml:10"
    assert grants(asked, "aaa")["queue", "tom"].lapse == refused
    assert claims(asked, "aaa")["tom", "vault"].refused is None
    assert not any(claim.refused for claim in claims(asked, "beta").values())
    assert grants(asked, "beta")["queue", "tom.b"].lapse is None


def test_an_email_of_two_vendors_refuses_the_later_principal_everywhere(world: World) -> None:
    world.commit({"vendors/aaa.yaml": rival("aaa", "Tom.B@beta.example", "{crm: another@aaa.example}")})
    asked = world.resolve()
    assert all(claim.refused for claim in claims(asked, "aaa").values())
    assert grants(asked, "aaa")["queue", "tom"].lapse is not None
    assert not any(claim.refused for claim in claims(asked, "beta").values())


def test_a_claim_that_was_given_up_is_not_the_earlier_one_any_more(world: World) -> None:
    """What counts is since when a claim has stood without interruption."""
    world.commit({"vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{}")})
    world.commit({"vendors/beta.yaml": changed(BETA, "email: tom.b@beta.example", "email: other@beta.example")})
    world.commit({"vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{crm: tom.b@beta.example}")})
    world.commit({"vendors/beta.yaml": BETA})
    asked = world.resolve()
    assert claims(asked, "beta")["tom.b", "crm"].refused is not None
    assert claims(asked, "aaa")["tom", "crm"].refused is None


def test_a_broken_version_in_between_interrupts_no_claim(world: World) -> None:
    world.commit({"vendors/beta.yaml": BROKEN})
    world.commit({"vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{crm: tom.b@beta.example}")})
    world.commit({"vendors/beta.yaml": BETA})
    asked = world.resolve()
    assert claims(asked, "aaa")["tom", "crm"].refused is not None
    assert claims(asked, "beta")["tom.b", "crm"].refused is None


def test_a_claim_of_a_broken_file_stands_against_a_later_one(world: World) -> None:
    world.commit({"vendors/beta.yaml": BROKEN})
    world.commit({"vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{crm: tom.b@beta.example}")})
    asked = world.resolve()
    assert claims(asked, "aaa")["tom", "crm"].refused is not None


def test_claims_of_the_same_age_are_settled_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {**FILES, "vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{crm: tom.b@beta.example}")}
    world = World.make(tmp_path_factory.mktemp("same") / "repo", files)
    asked = world.resolve()
    assert claims(asked, "beta")["tom.b", "crm"].refused is not None
    assert claims(asked, "aaa")["tom", "crm"].refused is None


def test_a_claim_that_is_not_committed_is_the_latest(world: World) -> None:
    world.write({"vendors/aaa.yaml": rival("aaa", "x@aaa.example", "{crm: tom.b@beta.example}")})
    asked = resolve(load(world.on_disk(), KINDS), KINDS)
    assert claims(asked, "aaa")["tom", "crm"].refused is not None


def rival(name: str, email: str, accounts: str) -> str:
    text = BETA.replace("name: beta", f"name: {name}").replace("[tom.b]", "[tom]")
    return text.replace("name: tom.b,", "name: tom,").replace(
        "email: tom.b@beta.example", f"email: {email}, accounts: {accounts}"
    )
