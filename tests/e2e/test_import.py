"""A live company, written down: the plan is empty before the gaps are filled and after, and nothing is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from git import Repo

from connectors.vault.engines import ENGINES
from connectors.vault.policies import render
from reconciler.adopt.drafts import Adopted, Draft
from reconciler.cli.import_command import _write
from reconciler.desired.layout import Kind
from reconciler.errors import GuestlistError
from tests.adopt.worlds import filled
from tests.e2e.company import Company, Ended


class Elsewhere:
    """Another clone of a company's repository, in which nobody has declared anybody yet."""

    def __init__(self, company: Company, root: Path) -> None:
        self._company = company
        self.root = root
        with Repo.clone_from(str(company.repository), str(root)) as repo:
            repo.git.config("user.name", "Test")
            repo.git.config("user.email", "test@example.com")
            repo.git.rm("-rq", "desired-state/vendors", "desired-state/roles")
            repo.index.commit("nobody is declared")

    def run(self, command: str, *arguments: str) -> Ended:
        return self._company.guestlist(command, *arguments, "-C", str(self.root))

    def written(self) -> list[Path]:
        return sorted((self.root / "desired-state").rglob("*.yaml"))


@pytest.fixture
def elsewhere(company: Company, tmp_path: Path) -> Elsewhere:
    return Elsewhere(company, tmp_path / "repo")


def test_a_company_is_written_down_and_the_plan_stays_empty(company: Company, elsewhere: Elsewhere) -> None:
    live = sum(target["population"]["bindings"] for target in company.plan()["targets"])
    ended = elsewhere.run("import", "--target", "crm", "--target", "vault", "--format", "json")
    assert ended.code == 0, ended.stdout
    result = ended.json
    assert result["left"] == []
    assert result["written"] == result["live"] == live
    assert sum(file["bindings"] for file in result["files"]) == live
    assert {file["path"] for file in result["files"] if file["kind"] == "Vendor"} == {
        "vendors/acme-support.yaml",
        "vendors/northwind-msp.yaml",
    }

    validated = elsewhere.run("validate", "--worktree", "--format", "json")
    assert validated.code == 0
    assert validated.json["valid"]
    gaps = validated.json["gaps"]
    assert len(gaps) == sum(file["gaps"] for file in result["files"])
    assert all(gap["text"].startswith("a human must still decide: ") for gap in gaps)
    for gap in gaps:
        file, line, _ = gap["at"].split(":")
        assert "undecided" in "".join((elsewhere.root / file).read_text().splitlines()[int(line) - 1 :][:4])

    undecided = elsewhere.run("plan", "--worktree", "--format", "json")
    assert undecided.json["changes"] == []
    assert undecided.code == 4

    for path in elsewhere.written():
        path.write_text(filled(path.read_text()))
    assert elsewhere.run("validate", "--worktree", "--format", "json").json["gaps"] == []
    decided = elsewhere.run("plan", "--worktree", "--format", "json")
    assert decided.json["changes"] == []
    assert decided.json["refused"] == []
    assert decided.code == 0


def test_one_person_in_two_targets_is_one_principal(elsewhere: Elsewhere) -> None:
    assert elsewhere.run("import", "--target", "crm", "--target", "vault").code == 0
    text = (elsewhere.root / "desired-state" / "vendors" / "acme-support.yaml").read_text()
    assert text.count("name: maria.k\n") == 1


def test_what_is_declared_and_what_is_there_is_left_alone(elsewhere: Elsewhere) -> None:
    assert elsewhere.run("import", "--target", "crm").code == 0
    before = {path: path.read_text() for path in elsewhere.written()}
    again = elsewhere.run("import", "--target", "crm", "--format", "json")
    assert (again.code, again.json["files"], again.json["live"]) == (0, [], 0)
    other = elsewhere.run("import", "--target", "vault", "--format", "json")
    assert {path: path.read_text() for path in before} == before
    assert other.code == 4
    assert {left["text"].partition(" is there")[0] for left in other.json["left"]} <= {
        "vendors/acme-support.yaml",
        "vendors/northwind-msp.yaml",
    }


def test_it_can_be_written_beside(elsewhere: Elsewhere, tmp_path: Path) -> None:
    place = tmp_path / "review"
    before = elsewhere.written()
    ended = elsewhere.run("import", "--target", "crm", "--to", str(place), "--format", "markdown")
    assert ended.code == 0
    assert ended.stdout.startswith("### guestlist import: ")
    assert elsewhere.written() == before
    assert (place / "vendors" / "acme-support.yaml").is_file()


def test_what_somebody_added_by_hand_is_written_down_too(company: Company, elsewhere: Elsewhere) -> None:
    company.assign("jonas.w@acme-support.example", "Vendor_Case_Export")
    ended = elsewhere.run("import", "--target", "crm")
    assert "vendor-case-export.yaml" in ended.stdout
    text = (elsewhere.root / "desired-state" / "vendors" / "acme-support.yaml").read_text()
    assert 'reason: "undecided: why, and until when: crm keeps no end of it"' in text


def test_a_target_that_cannot_be_read_is_not_written_down(company: Company, elsewhere: Elsewhere) -> None:
    wrong = {"GUESTLIST_CRM_URL": "https://localhost:9"}
    ended = company.guestlist("import", "--target", "crm", "-C", str(elsewhere.root), variables=wrong)
    assert ended.code == 4
    assert not (elsewhere.root / "desired-state" / "vendors").exists()
    unknown = elsewhere.run("import", "--target", "cmr")
    assert unknown.code == 1
    assert "no target is called cmr" in unknown.stderr


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "x.yaml").write_text("mine")
    adopted = Adopted((Draft("roles/x.yaml", Kind.ROLE, "x", "ours"),), (), 0, 0)
    with pytest.raises(GuestlistError, match=r"roles/x\.yaml cannot be written: File exists"):
        _write(tmp_path, adopted)
    assert (tmp_path / "roles" / "x.yaml").read_text() == "mine"


@pytest.fixture
def lived_in(company: Company) -> Iterator[Company]:
    """A vault as people leave it behind: shared policies, groups in groups, other engines, and guestlist's own."""
    reads = 'path "secret/data/shared/db" { capabilities = ["read"] }'
    mixed = f'{reads}\npath "secret/metadata/shared/*" {{ capabilities = ["list"] }}'
    own = render({need.at("keys", "app"): need.capabilities for need in ENGINES["transit"].actions["sign"]})
    company.write("sys/mounts/keys", type="transit")
    lena, tom = "vendor_acme-support_lena", "vendor_northwind-msp_tom.b"
    for name, text in (("shared-reads", reads), ("shared-mixed", mixed)):
        company.write(f"sys/policies/acl/{name}", policy=text)
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    company.write(f"sys/policies/acl/{lena}_signing", policy=own, expiration=ends.isoformat())
    company.write("identity/entity", name=lena, policies=["shared-mixed", f"{lena}_signing", "platform-reader"])
    held = company.read(f"identity/entity/name/{tom}")
    company.write(f"identity/entity/name/{tom}", policies=[*held["policies"], "shared-reads", "platform-reader"])
    members = [held["id"], company.read(f"identity/entity/name/{lena}")["id"]]
    company.write("identity/group", name="Night Desk", policies=["shared-reads"], member_entity_ids=members)
    below = company.read("identity/group/name/night%20desk")["id"]
    company.write("identity/group", name="all-desks", policies=["shared-mixed"], member_group_ids=[below])
    yield company
    company.vault.delete("/v1/identity/group/name/all-desks").raise_for_status()
    company.vault.delete("/v1/identity/group/name/night%20desk").raise_for_status()
    company.write(f"identity/entity/name/{tom}", policies=held["policies"])
    company.vault.delete(f"/v1/identity/entity/name/{lena}").raise_for_status()
    for name in ("shared-reads", "shared-mixed", f"{lena}_signing"):
        company.vault.delete(f"/v1/sys/policies/acl/{name}").raise_for_status()
    company.vault.delete("/v1/sys/mounts/keys").raise_for_status()


def test_a_lived_in_vault_round_trips(lived_in: Company, elsewhere: Elsewhere) -> None:
    """Everything live is written, by a token of the least rights; once the gaps are filled, nothing is to be done."""
    (live,) = [one["population"]["bindings"] for one in lived_in.plan()["targets"] if one["name"] == "vault"]
    ended = elsewhere.run("import", "--target", "vault", "--format", "json")
    assert ended.code == 0, ended.stdout
    assert ended.json["left"] == []
    assert ended.json["written"] == ended.json["live"] == live

    roles = {path.stem: path.read_text() for path in elsewhere.written() if path.parent.name == "roles"}
    for name, uses in (
        ("platform-reader", "policy: platform-reader"),
        ("shared-reads", "policy: shared-reads"),
        ("shared-mixed", "policy: shared-mixed"),
        ("night-desk", "group: Night Desk"),
        ("all-desks", "group: all-desks"),
    ):
        assert f"uses:\n    {uses}\n" in roles[name]
        assert "carries no end of its own" in roles[name]
    assert "engine: transit" in roles["signing"]

    undecided = elsewhere.run("plan", "--worktree", "--format", "json", "--target", "vault")
    assert (undecided.code, undecided.json["changes"]) == (4, [])
    for path in elsewhere.written():
        path.write_text(filled(path.read_text()))
    decided = elsewhere.run("plan", "--worktree", "--format", "json", "--target", "vault")
    assert (decided.code, decided.json["changes"], decided.json["refused"]) == (0, [], []), decided.stdout
    assert [one["population"]["bindings"] for one in decided.json["targets"]] == [live]
