"""What an import writes, by example."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.adopt.adopt import Setting, adopt
from reconciler.adopt.drafts import Adopted, Left
from reconciler.adopt.names import free_name, name_from, vendors_of_domains
from reconciler.adopt.part import Seen
from reconciler.desired.layout import is_name
from reconciler.desired.resolve import resolve
from reconciler.desired.source import Source
from reconciler.model import Account, AccountKey, BindingKey, Live, LiveBinding, Native
from reconciler.ports import AdoptedAccount, AdoptedRole, Adoption
from tests.adopt.worlds import BASE, NOW, SHARE, repository
from tests.desired.kinds import KINDS
from tests.desired.world import World

CASE_WORK = Native("permissionSet", "Case_Work")
ROLES = {CASE_WORK: AdoptedRole("Case Work", {"uses": {"permissionSet": "Case_Work"}})}
LATER = NOW.replace(minute=0) + timedelta(days=40)


@pytest.fixture
def base(tmp_path: Path) -> Source:
    return World.make(tmp_path / "repo").source()


def account(id_: str, name: str, kind: str = "username") -> Account:
    return Account(id_, name, frozenset({AccountKey(kind, name.lower())}), inside=True, enabled=True)


def share(id_: str, case: str) -> LiveBinding:
    return LiveBinding(BindingKey(id_, SHARE, (("cases", (case,)),)))


def crm(accounts: Mapping[str, str], bindings: tuple[LiveBinding, ...], adoption: Adoption) -> Seen:
    found = {id_: account(id_, name) for id_, name in accounts.items()}
    return Seen("crm", Live("crm", "00D", NOW, accounts=found, bindings=bindings), adoption)


def written(base: Source, *seen: Seen, editor: str | None = None) -> Adopted:
    now = repository(base, BASE)
    return adopt(Setting(now, resolve(now, KINDS), KINDS, NOW, exists=frozenset(BASE), editor=editor), seen)


def file(adopted: Adopted, path: str) -> str:
    return next(draft.text for draft in adopted.drafts if draft.path == path)


VENDOR = """\
# yaml-language-server: $schema=../../schemas/vendor.schema.json
# Written from what was live in crm on 2026-11-21. Until every gap is filled, what stands here
# is held as it is: nothing is granted and nothing revoked by it. `guestlist validate` lists the gaps.
# The tier is a guess (high), and so are the dates of the contract: it ends when the last access does.
apiVersion: guestlist/v1
kind: Vendor
metadata:
  name: globex
spec:
  sponsor:
    name: undecided  # gap: a human must decide
    since: 2026-11-21
  owners:
    business: undecided  # gap: a human must decide
    technical: undecided  # gap: a human must decide
  tier: high
  contract:
    id: "undecided: which contract this is"  # gap: a human must decide
    scope: "undecided: what the vendor is here for"  # gap: a human must decide
    starts: 2026-11-21
    ends: 2026-12-31
  principals:
  - name: nadia
    kind: human
    title: "Nadia Öz"
    email: nadia@globex.example
    proofing:
      method: sponsor-statement
      by: undecided  # gap: a human must decide
      date: 2026-11-21
      evidence: "undecided: how it was made sure who this is"  # gap: a human must decide
    mfa: required
  grants:
  - name: case-work
    target: crm
    role: case-work
    principals:
    - nadia
    window:
      until: 2026-12-31T10:00:00Z
    reason: "undecided: why"  # gap: a human must decide
    scope:
      cases:
      - "00001042"
      - "00001043"
"""


def test_shares_become_the_scope_of_the_role_that_they_need(base: Source) -> None:
    said = AdoptedAccount(None, "nadia@globex.example", "Nadia Öz")
    bindings = (LiveBinding(BindingKey("1", CASE_WORK), LATER), share("1", "00001043"), share("1", "00001042"))
    adopted = written(
        base,
        crm({"1": "nadia@globex.example"}, bindings, Adoption({"1": said}, ROLES)),
        editor="../../schemas",
    )
    assert file(adopted, "vendors/globex.yaml") == VENDOR
    assert (adopted.written, adopted.live, adopted.left) == (3, 3, ())


def test_no_grant_is_written_that_gives_more_than_is_held(base: Source) -> None:
    """A role that would bring a permission set along with the share is none for somebody who has only the share."""
    roles = {SHARE: ROLES[CASE_WORK]}
    said = AdoptedAccount(None, "nadia@globex.example")
    seen = crm({"1": "nadia@globex.example"}, (share("1", "7"),), Adoption({"1": said}, roles))
    adopted = written(base, seen)
    assert adopted.written == 0
    why = "no role that could be written is exactly this, and one that gives more is not written"
    assert adopted.left == (Left("crm", "nadia@globex.example", "caseShare Read on cases 7", why),)


def test_a_role_about_records_that_is_not_narrowed_needs_a_reason(base: Source) -> None:
    role = AdoptedRole("desk", {"defines": {"shows": ["Case"], "records": True}})
    native = Native("permissionSet", "guestlist_desk")
    said = AdoptedAccount(None, "nadia@globex.example")
    seen = crm(
        {"1": "nadia@globex.example"},
        (LiveBinding(BindingKey("1", native), LATER),),
        Adoption({"1": said}, {native: role}),
    )
    assert 'unscoped: "undecided: why it reaches every record"' in file(written(base, seen), "vendors/globex.yaml")


def test_machines_and_personas_have_somebody_to_answer_for_them(base: Source) -> None:
    said = {
        "1": AdoptedAccount("bot@globex.example", kind="automation", vendor_hint="Globex"),
        "2": AdoptedAccount("desk@globex.example", kind="persona", vendor_hint="Globex"),
    }
    names = {"1": "bot@globex.example", "2": "desk@globex.example"}
    text = file(written(base, crm(names, (), Adoption(said, {}))), "vendors/globex.yaml")
    assert "kind: automation\n    accounts:\n      crm: bot@globex.example\n    owner: undecided  # gap" in text
    assert "    onBehalfOf: undecided  # gap" in text
    assert text.count("mfa: required") == 1


def test_what_a_role_reaches_stands_in_the_contract_and_a_review_in_its_title(base: Source) -> None:
    native = Native("policy", "vendor_globex_bot_keys")
    spec = {"objects": [{"engine": "kv", "tenant": "globex", "environment": "prod"}], "actions": ["read"]}
    said = AdoptedAccount(None, kind="automation", vendor_hint="globex", name_hint="bot")
    live = Live(
        "vault",
        "c1",
        NOW,
        accounts={"e": account("e", "vendor_globex_bot", "entity")},
        bindings=(LiveBinding(BindingKey("e", native), LATER),),
    )
    adopted = written(
        base, Seen("vault", live, Adoption({"e": said}, {native: AdoptedRole("keys", spec, "look at it")}))
    )
    text = file(adopted, "vendors/globex.yaml")
    assert "    environments:\n    - prod\n    tenants:\n    - globex\n" in text
    assert 'title: "undecided: look at it"  # gap' in file(adopted, "roles/keys.yaml")
    assert (adopted.written, adopted.left) == (1, ())


@pytest.mark.parametrize(
    "there",
    [
        AdoptedAccount(None, vendor_hint="globex", name_hint="nadia"),
        AdoptedAccount("vendor_globex_nadia", "Nadia@Globex.example"),
    ],
)
def test_one_person_in_two_targets_is_one_principal(base: Source, there: AdoptedAccount) -> None:
    here = crm({"1": "nadia@globex.example"}, (), Adoption({"1": AdoptedAccount(None, "nadia@globex.example")}, {}))
    live = Live("vault", "c1", NOW, accounts={"e": account("e", "vendor_globex_nadia", "entity")})
    adopted = written(base, here, Seen("vault", live, Adoption({"e": there}, {})))
    (draft,) = adopted.drafts
    assert draft.text.count("  - name: ") == 1
    assert draft.accounts == {("crm", "nadia@globex.example"), ("vault", "vendor_globex_nadia")}
    asked = resolve(repository(base, {**BASE, draft.path: draft.text}), KINDS)
    assert {(one.target, one.key.value) for one in asked.claims if one.vendor == "globex"} == {
        ("crm", "nadia@globex.example"),
        ("vault", "vendor_globex_nadia"),
    }


def test_people_of_the_same_name_are_two_unless_the_target_says_otherwise(base: Source) -> None:
    here = crm({"1": "nadia@globex.example"}, (), Adoption({"1": AdoptedAccount(None, "nadia@globex.example")}, {}))
    live = Live("vault", "c1", NOW, accounts={"e": account("e", "nadia", "entity")})
    there = Seen("vault", live, Adoption({"e": AdoptedAccount("nadia", vendor_hint="globex")}, {}))
    text = file(written(base, here, there), "vendors/globex.yaml")
    assert "- name: nadia\n" in text
    assert "- name: nadia-2\n" in text


def test_accounts_that_nothing_tells_the_vendor_of_stand_together_until_somebody_says(base: Source) -> None:
    adopted = written(base, crm({"1": "x1@y"}, (), Adoption({"1": AdoptedAccount("x1@y")}, {})))
    text = file(adopted, "vendors/unknown-vendor.yaml")
    assert 'title: "undecided: whose people these are; move each to its vendor\'s file"  # gap' in text


def test_labels_that_nobody_declared_are_written(base: Source) -> None:
    labels = {"Case.SSN__c": {"tier": "restricted", "classes": ["pii"]}}
    adopted = written(base, crm({}, (), Adoption({}, {}, labels)))
    assert file(adopted, "data/salesforce.yaml").endswith(
        "  labels:\n    Case.SSN__c:\n      tier: restricted\n      classes:\n      - pii\n"
    )


@pytest.mark.parametrize("text", ["Nadia Öz", "..x..", "a" * 90, "UNDECIDED", "a_b c", "ß", "…"])
def test_names_are_valid_or_empty(text: str) -> None:
    name = name_from(text)
    assert not name or (is_name(name) and name != "undecided")


def test_names_are_free() -> None:
    taken = {"a" * 63, "a" * 61 + "-2"}
    name = free_name("a" * 63, taken)
    assert name not in taken
    assert is_name(name)


def test_vendors_are_called_after_their_domains() -> None:
    assert vendors_of_domains(["acme.example", "globex.test", "globex.example"]) == {
        "acme.example": "acme",
        "globex.test": "globex.test",
        "globex.example": "globex.example",
    }
