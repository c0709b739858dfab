"""What may be applied, what is pinned, and what counts as drift."""

from git import Repo

from tests.e2e.company import Company

MARIA = "maria.k@acme-support.example"


def test_only_the_head_of_the_branch_is_applied(company: Company) -> None:
    """Neither another branch nor an older commit is applied, and a branch that was moved back is refused."""
    repo = Repo(company.repository)
    head = company.commit("Nothing new", people__dana_reyes=_person(company) + "# a remark\n")
    assert company.apply().code == 0
    older = company.guestlist("apply", "--yes", "--revision", "HEAD~1")
    assert (older.code, "is not the head of main" in older.stderr) == (1, True)
    repo.git.update_ref("refs/heads/main", "HEAD~1")
    back = company.guestlist("apply", "--yes")
    assert back.code == 1
    assert "moved back" in back.stderr
    repo.git.update_ref("refs/heads/main", head)
    assert company.apply().code == 0


def _person(company: Company) -> str:
    return (company.repository / "desired-state" / "people" / "dana.reyes.yaml").read_text()


def test_a_pinned_plan_is_applied_or_nothing(company: Company) -> None:
    """With a digest that is not the plan's, or is none, nothing is written and the run ends with 3."""
    made = company.assign(MARIA, "Vendor_Case_Export")
    digest = company.plan()["digest"]
    for wrong in (f"sha256:{'0' * 64}", "bogus", ""):
        assert company.apply("--digest", wrong).code == 3
    other = company.assign("tom.b@northwind-msp.example", "Vendor_Case_Export")
    assert company.apply("--digest", digest).code == 3
    assert company.exists("PermissionSetAssignment", made)
    planned = company.directory / "plan.json"
    assert company.guestlist("plan", "--format", "json", "--out", str(planned)).code == 0
    assert company.apply("--plan", str(planned)).code == 0
    assert not company.exists("PermissionSetAssignment", made)
    assert not company.exists("PermissionSetAssignment", other)


def test_drift_is_what_was_done_outside(company: Company) -> None:
    """A freshly merged grant is no drift; an assignment by hand is, and ends with 2."""
    assert company.guestlist("drift").code == 0
    acme = (company.repository / "desired-state" / "vendors" / "acme-support.yaml").read_text()
    more = """    - name: more-care
      target: crm
      role: vendor-care-bundle
      principals: [maria.k]
      window: {until: 2027-01-31}
      reason: helps out at night
"""
    company.commit("Grant more", vendors__acme_support=acme + more)
    assert company.guestlist("drift").code == 0
    assert company.guestlist("plan", "--detailed-exitcode").code == 2
    company.assign(MARIA, "Vendor_Case_Export")
    drifted = company.guestlist("drift", "--format", "json")
    assert drifted.code == 2
    assert [change["native"] for change in drifted.json["changes"]] == [{"permissionSet": "Vendor_Case_Export"}]
    company.commit("Grant less", vendors__acme_support=acme)
    assert company.apply().code == 0


def test_a_narrowed_run_touches_nothing_else(company: Company) -> None:
    """`--vendor` and `--target` leave everything outside them exactly as it is."""
    theirs = company.assign("tom.b@northwind-msp.example", "Vendor_Case_Export")
    ours = company.assign(MARIA, "Vendor_Case_Export")
    assert company.apply("--vendor", "acme-support").code == 0
    assert (company.exists("PermissionSetAssignment", theirs), company.exists("PermissionSetAssignment", ours)) == (
        True,
        False,
    )
    assert company.apply("--target", "vault").code == 0
    assert company.exists("PermissionSetAssignment", theirs)
    assert company.guestlist("plan", "--vendor", "nobody").code == 1


def test_uncommitted_changes_are_said_and_not_planned(company: Company) -> None:
    """The committed tree counts; `--worktree` looks at the files, and `apply` never does."""
    path = company.repository / "desired-state" / "vendors" / "acme-support.yaml"
    text = path.read_text()
    path.write_text(text.replace("tier: high", "tier: nonsense"))
    try:
        planned = company.guestlist("plan")
        assert planned.code == 0
        assert "uncommitted" in planned.stderr
        assert company.guestlist("validate", "--worktree").code == 1
        assert company.guestlist("apply", "--worktree", "--yes").code == 1
    finally:
        path.write_text(text)
