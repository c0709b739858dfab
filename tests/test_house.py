"""The house: what is said in its documents is so, and its workflows keep their rules."""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from reconciler.cli.main import COMMANDS, guestlist
from reconciler.cli.reference import reference
from reconciler.cli.schemas import all_schemas, declared_schemas
from reconciler.errors import ExitCode
from reconciler.model import ReasonCode
from tests.e2e.company import Company, sandbox

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MODULES = sorted(path for top in ("reconciler", "connectors") for path in (ROOT / top).rglob("*.py"))

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
APACHE = "0ffddef9e48f8a09aed5caf2d44f7ba1c1be2d9b8e0a6f693b1635b2d5566645"
"""SHA-256 of the words of https://www.apache.org/licenses/LICENSE-2.0.txt, each parted from the next by one blank."""


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def loaded(path: Path) -> Mapping[Any, Any]:
    return dict(yaml.safe_load(text(path)))


def steps(path: Path) -> Iterator[Mapping[str, Any]]:
    for job in loaded(path)["jobs"].values():
        yield from job["steps"]


def test_the_workflows_are_there() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "plan.yml", "reconcile.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflow:
    def test_nothing_is_permitted_but_by_a_job(self, path: Path) -> None:
        """A workflow permits nothing; a job what it needs."""
        workflow = loaded(path)
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert set(job["permissions"].values()) <= {"read", "write"}
            assert set(job["permissions"]) <= {"contents"}

    def test_only_reconciling_may_write(self, path: Path) -> None:
        """The one job that may write is the one that keeps the ledger."""
        writing = [name for name, job in loaded(path)["jobs"].items() if "write" in job["permissions"].values()]
        assert writing == (["reconcile"] if path.name == "reconcile.yml" else [])

    def test_actions_are_pinned(self, path: Path) -> None:
        """What runs is what was looked at: a commit, with its version beside it."""
        used = [step["uses"] for step in steps(path) if "uses" in step]
        assert all(PINNED.fullmatch(use) for use in used)
        assert len(re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text(path), re.MULTILINE)) == len(used)

    def test_one_action_has_one_version_everywhere(self, path: Path) -> None:
        """An action is the same commit in every workflow."""
        all_used = {step["uses"] for other in WORKFLOWS for step in steps(other) if "uses" in step}
        names = [use.partition("@")[0] for use in all_used]
        assert len(names) == len(set(names))
        assert {step["uses"] for step in steps(path) if "uses" in step} <= all_used

    def test_no_trigger_gives_strangers_our_rights(self, path: Path) -> None:
        """What strangers can cause runs with strangers' rights."""
        triggers = loaded(path)[True]  # YAML 1.1 reads `on` so, and GitHub does not
        assert not {"pull_request_target", "issue_comment", "workflow_run"} & set(triggers)

    def test_no_expression_stands_in_a_script(self, path: Path) -> None:
        """What others write (a branch's name, a title) never becomes part of a script."""
        assert not [step["run"] for step in steps(path) if "${{" in step.get("run", "")]

    def test_every_job_ends(self, path: Path) -> None:
        """A job has a time limit."""
        assert all(0 < job["timeout-minutes"] <= 60 for job in loaded(path)["jobs"].values())

    def test_secrets_are_an_environments(self, path: Path) -> None:
        """A job that sees a secret runs in an environment."""
        for job in loaded(path)["jobs"].values():
            if "secrets." in str(job):
                assert job["environment"] in {"guestlist", "guestlist-plan"}

    def test_without_configuration_there_is_a_note(self, path: Path) -> None:
        """A job that needs targets is skipped where there are none, and another says so."""
        jobs = loaded(path)["jobs"]
        needy = [job for job in jobs.values() if "environment" in job]
        assert all("vars.GUESTLIST_CRM_URL != ''" in job["if"] for job in needy)
        notes = [job for job in jobs.values() if "vars.GUESTLIST_CRM_URL == ''" in job.get("if", "")]
        assert len(notes) == len(needy)


def test_forks_are_not_planned() -> None:
    """A pull request from elsewhere sees no credential, and the code that plans is never the pull request's."""
    jobs = loaded(ROOT / ".github/workflows/plan.yml")["jobs"]
    assert "head.repo.full_name == github.repository" in jobs["plan"]["if"]
    for name in ("validate", "plan"):
        installed = [step["run"] for step in jobs[name]["steps"] if "pip install" in step.get("run", "")]
        assert installed == ["python -m pip install --quiet ./guestlist"]
        (ours,) = (step["with"] for step in jobs[name]["steps"] if step.get("with", {}).get("path") == "guestlist")
        assert ours["ref"] == "${{ github.base_ref }}"


def test_a_run_is_never_cancelled_and_sees_the_whole_history() -> None:
    workflow = loaded(ROOT / ".github/workflows/reconcile.yml")
    assert workflow["concurrency"] == {"group": "reconcile", "cancel-in-progress": False}
    (checkout,) = (
        step["with"] for step in workflow["jobs"]["reconcile"]["steps"] if "checkout" in step.get("uses", "")
    )
    assert (checkout["ref"], checkout["fetch-depth"], checkout["persist-credentials"]) == ("main", 0, True)


def test_workflows_call_commands_that_exist() -> None:
    """What a workflow asks of guestlist, guestlist takes."""
    called = re.findall(r"^\s*guestlist (\w+) (.*?)(?: \|\|.*)?$", "\n".join(map(text, WORKFLOWS)), re.MULTILINE)
    assert {command for command, _ in called} == {"validate", "plan", "apply"}
    for command, options in called:
        helped = CliRunner().invoke(guestlist, [command, "--help"]).output
        for option in re.findall(r"(?<!\S)--?[\w-]+", options):
            assert re.search(rf"(?<!\S){option}\b", helped), f"{command} {option}"


def test_the_schemas_are_current() -> None:
    """schemas/ says what the models say; `make schemas` writes it again."""
    committed = {path.name: json.loads(text(path)) for path in (ROOT / "schemas").glob("*.json")}
    assert committed == json.loads(json.dumps(all_schemas()))


def test_the_reference_is_current() -> None:
    """docs/declarations.md says what the models say; `make schemas` writes it again."""
    assert text(ROOT / "docs/declarations.md") == reference(declared_schemas())


def test_every_key_is_in_the_reference() -> None:
    """No key of any declaration is left out."""
    page = text(ROOT / "docs/declarations.md")

    def keys(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for word, inner in node.items():
                if word == "properties":
                    yield from inner
                yield from keys(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from keys(inner)

    header = {"apiVersion", "kind", "metadata", "spec", "title"}
    # References are explained once, in the introduction.
    missing = {key for key in keys(declared_schemas()) if f"`{key}`" not in page} - header - {"env", "file"}
    assert not missing


def test_every_reason_is_explained() -> None:
    """docs/reasons.md is the vocabulary: each code once, none that is not in use."""
    rows = re.findall(r"^\| `([a-z-]+)` \|", text(ROOT / "docs/reasons.md"), re.MULTILINE)
    assert sorted(rows) == sorted(code.value for code in ReasonCode)


def test_the_readme_names_every_command_and_exit_code() -> None:
    readme = text(ROOT / "README.md")
    assert all(f"`guestlist {command}" in readme for command in COMMANDS)
    assert re.findall(r"^\| (\d) \|", readme, re.MULTILINE) == [str(int(code)) for code in ExitCode]


def test_the_first_screen_runs() -> None:
    """The first two commands of the README are targets of the Makefile, and what CI runs."""
    first, second, *_ = re.findall(r"```sh\n(.*?)\n```", text(ROOT / "README.md"), re.DOTALL)
    assert (first, second) == ("make demo", "make test")
    makefile = text(ROOT / "Makefile")
    assert all(
        re.search(rf"^{target}:", makefile, re.MULTILINE) for target in ("demo", "test", "test-slow", "test-all")
    )
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert text(script).splitlines()[-3:] == [
        "make demo",
        "make test-slow",
        "make test # last, so that its closing line is",
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link names a file that is there, and a heading in it."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, link


def test_the_licence_is_apache_2() -> None:
    """LICENSE is the licence as it was published, word for word."""
    assert hashlib.sha256(" ".join(text(ROOT / "LICENSE").split()).encode()).hexdigest() == APACHE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small(path: Path) -> None:
    """One reason to exist each: no module is over 350 lines."""
    assert len(text(path).splitlines()) <= 350


def test_a_connector_and_what_judges_it_are_kept_apart() -> None:
    """Every module of a connector stands in the two contracts that part it from its sandbox."""
    contracts = tomllib.loads(text(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    apart = [contract for contract in contracts if contract["type"] == "forbidden"]
    for place in sorted((ROOT / "connectors").glob("*/sandbox")):
        connector = f"connectors.{place.parent.name}"
        modules = {f"{connector}.{path.stem}" for path in place.parent.glob("*.py")} - {f"{connector}.__init__"}
        for one, other in (("source_modules", "forbidden_modules"), ("forbidden_modules", "source_modules")):
            (named,) = (set(contract[one]) for contract in apart if contract[other] == [f"{connector}.sandbox"])
            assert modules <= named


def test_the_readmes_plan_is_what_its_declaration_produces(tmp_path: Path) -> None:
    """The README's first screen shows what guestlist says of the demo's company under the README's declaration."""
    readme = text(ROOT / "README.md")
    (declaration,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    ((command, shown),) = re.findall(r"```console\n\$ guestlist (.*?)\n(.*?)```", readme, re.DOTALL)
    sandbox("up", "--dir", str(tmp_path / "sandbox"))
    company = Company(tmp_path / "sandbox")
    try:
        company.commit("What the README says", **{"vendors__acme-support": declaration})
        ended = company.guestlist(*command.split(), "--at", "2026-11-21T10:00:00Z")
    finally:
        company.close()
        sandbox("down", "--dir", str(tmp_path / "sandbox"))

    def said(output: str) -> list[str]:
        # What else is live changes as the demo's dates pass, and the digest with the throw-away org's id.
        return [
            re.sub(r"\d+ accounts, \d+ bindings", "", line) for line in output.splitlines() if "sha256:" not in line
        ]

    assert (ended.code, said(ended.stdout)) == (0, said(shown))
    assert len(declaration.splitlines()) == 12
