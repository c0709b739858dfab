"""Labels of data: one for each item, whatever its case; broken files and double labels never show more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.basics import ITEM_PATTERN, PATTERNS
from reconciler.desired.declared import DataLabel, Declared
from reconciler.desired.documents import read
from reconciler.desired.labelling import check_labels, labels_of
from reconciler.desired.layout import Kind
from reconciler.desired.source import File
from reconciler.model import Grant, ReasonCode
from tests.desired.kinds import KINDS
from tests.desired.world import World, role, said, settled

TIERS = ("internal", "vendor-visible", "customer-visible", "restricted")


def labels(name: str, body: str, connector: str = "salesforce") -> str:
    return (
        f"apiVersion: guestlist/v1\nkind: DataLabel\nmetadata: {{name: {name}}}\n"
        f"spec:\n  connector: {connector}\n  labels:\n{body}"
    )


CASES = labels(
    "cases", "    Case: {tier: vendor-visible}\n    Case.SSN__c: {tier: restricted, classes: [pii, secret]}\n"
)


def test_labels_are_by_target_and_item_and_ignore_case(world: World) -> None:
    world.commit({"data/cases.yaml": CASES})
    assert not said(world.load())
    found = world.resolve().labels
    assert set(found) == {("crm", "case"), ("crm", "case.ssn__c")}
    ssn = found["crm", "case.ssn__c"]
    assert (ssn.tier, ssn.classes, ssn.item) == ("restricted", {"pii", "secret"}, "Case.SSN__c")
    assert ssn.at == "desired-state/data/cases.yaml:8"


def test_what_is_labelled_in_two_files_is_wrong_at_both_places_and_the_stricter_counts(world: World) -> None:
    more = labels("more", "    case: {tier: internal, classes: [phi]}\n")
    world.commit({"data/cases.yaml": CASES, "data/more.yaml": more})
    assert said(world.load()) == [
        "data/cases.yaml:7:5: 'Case' is labelled in desired-state/data/more.yaml:7 too: label it in one place only",
        "data/more.yaml:7:5: 'case' is labelled in desired-state/data/cases.yaml:7 too: label it in one place only",
    ]
    label = world.resolve().labels["crm", "case"]
    assert (label.tier, label.classes) == ("internal", {"phi"})


def test_what_is_labelled_twice_in_one_file_is_wrong_at_both_places(world: World) -> None:
    world.commit({"data/cases.yaml": CASES + "    CASE.ssn__C: {tier: customer-visible}\n"})
    assert [line.split(": ")[0] for line in said(world.load())] == ["data/cases.yaml:8:5", "data/cases.yaml:9:5"]
    assert world.resolve().labels["crm", "case.ssn__c"].tier == "restricted"


def test_the_same_name_in_another_kind_of_target_is_another_item(world: World) -> None:
    world.commit({"data/cases.yaml": CASES, "data/v.yaml": labels("v", "    case: {tier: internal}\n", "vault")})
    assert not said(world.load())
    assert world.resolve().labels["vault", "case"].tier == "internal"
    assert world.resolve().labels["crm", "case"].tier == "vendor-visible"


WRONG = [
    ("{tier: vendor-visible}", "{}", ["7:5: the key 'tier' is missing in Case: write one of 'internal', 'vendor-"]),
    ("vendor-visible", "visible", ["7:18: tier: found 'visible', expected one of 'internal', 'vendor-visible', 'cust"]),
    ("[pii, secret]", "[pi]", ["8:47: classes: found 'pi', expected one of 'pii', 'phi', 'payment', 'financial', 's"]),
    ("Case.SSN__c:", '"Case SSN":', [f"8:5: found the key 'Case SSN', expected {PATTERNS[ITEM_PATTERN]}"]),
    ("connector: salesforce", "connector: sap", ["5:14: unknown connector 'sap': there are 'salesforce', 'vault'"]),
    ("  connector: salesforce\n", "", ["4:1: the key 'connector' is missing: write one of salesforce, vault"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_a_broken_file_says_where_and_what_it_last_said_counts(
    world: World, old: str, new: str, expected: list[str]
) -> None:
    world.commit({"data/cases.yaml": CASES})
    before = world.resolve().labels
    world.commit({"data/cases.yaml": CASES.replace(old, new, 1)})
    found = said(world.load())
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(f"data/cases.yaml:{start}")
    assert world.resolve().labels == before


def test_a_file_that_never_was_valid_is_a_problem_and_labels_nothing(world: World) -> None:
    world.commit({"data/cases.yaml": CASES.replace("tier: restricted", "tier: secret")})
    assert [line.split(": ")[0] for line in said(world.load())] == ["data/cases.yaml:8:25"]
    assert not world.resolve().labels
    assert not world.resolve().blind


def test_a_removed_file_labels_nothing_any_more(world: World) -> None:
    world.commit({"data/cases.yaml": CASES})
    world.commit({"data/cases.yaml": None})
    assert not world.resolve().labels


OWN = "{connector: salesforce, defines: {shows: [Case, CASE.ssn__C]}}"


def granted(world: World) -> Grant:
    return next(one for one in world.resolve().grants if (one.vendor, one.name) == ("beta", "queue"))


def test_a_role_that_shows_what_it_may_not_fails_and_its_grants_give_nothing(world: World) -> None:
    world.commit({"data/cases.yaml": CASES, "roles/queue.yaml": role("queue", OWN)})
    text = (
        "the role 'queue' shows CASE.ssn__C, which is restricted (desired-state/data/cases.yaml:8): leave it out, "
        "or write restricted into `shows` and let the data's owner approve it"
    )
    assert said(world.load()) == [f"roles/queue.yaml:4:7: {text}"]
    grant = granted(world)
    assert grant.lapse is not None
    assert (grant.lapse.code, grant.lapse.text) == (ReasonCode.DATA_TIER_VIOLATION, text)
    assert grant.lapse.at == "desired-state/roles/queue.yaml:4"
    assert grant.doubt is None


def test_a_broken_label_file_shows_no_more_than_before(world: World) -> None:
    world.commit({"data/cases.yaml": CASES})
    world.commit({"data/cases.yaml": "no", "roles/queue.yaml": role("queue", OWN)})
    lapse = granted(world).lapse
    assert lapse is not None
    assert lapse.code is ReasonCode.DATA_TIER_VIOLATION


@pytest.mark.parametrize("shows", ["[restricted, vendor-visible]", "[restricted]"])
def test_a_role_says_what_it_may_show(world: World, shows: str) -> None:
    own = OWN.replace("{connector", f"{{shows: {shows}, connector").replace("[Case, CASE.ssn__C]", "[CASE.ssn__C]")
    world.commit({"data/cases.yaml": CASES, "roles/queue.yaml": role("queue", own)})
    assert not said(world.load())
    assert granted(world).lapse is None
    assert granted(world).shows == set(shows.strip("[]").split(", "))


def test_without_a_word_a_role_shows_what_is_for_vendors_and_customers(world: World) -> None:
    assert granted(world).shows == {"vendor-visible", "customer-visible"}


def test_a_role_of_our_own_is_kept_whoever_holds_it_and_in_doubt_when_its_file_breaks(world: World) -> None:
    own = "{connector: salesforce, defines: {shows: [Account]}}"
    world.commit({"roles/own.yaml": role("own", own)})
    (made,) = settled(world.load()).definitions
    assert (made.target, made.role, made.at, made.doubt) == ("crm", "own", "desired-state/roles/own.yaml:4", None)
    assert made.definition.lasting
    assert world.resolve().named["crm", made.definition.native] == "own"
    world.commit({"roles/own.yaml": "no"})
    (held,) = world.resolve().definitions
    assert held.definition == made.definition
    assert held.doubt is not None
    assert held.doubt.code is ReasonCode.BROKEN_DECLARATION
    assert (held.doubt.at or "").startswith("desired-state/roles/own.yaml:1")
    world.commit({"roles/own.yaml": None})
    assert not world.resolve().definitions


NAMES = st.sampled_from(["Case", "case", "CASE", "Case.SSN__c", "Account"])


def parsed(name: str, said_: dict[str, str]) -> DataLabel:
    body = "".join(f"    {item}: {{tier: {tier}}}\n" for item, tier in said_.items())
    text = labels(name, body)
    found = read(File(f"data/{name}.yaml", text, len(text)), text.encode(), Kind.DATA_LABEL, KINDS)
    assert isinstance(found, Declared)
    return found


@given(st.lists(st.dictionaries(NAMES, st.sampled_from(TIERS), min_size=1), max_size=4))
def test_each_item_has_one_label_whatever_the_order_and_each_double_one_is_said(files: list[dict[str, str]]) -> None:
    """Another file never loosens a label, and a problem stands at each place of a double one and nowhere else."""
    found = [parsed(f"d{number}", content) for number, content in enumerate(files)]
    made = labels_of(found)
    assert {key: label.tier for key, label in made.items()} == {
        key: label.tier for key, label in labels_of(reversed(found)).items()
    }
    places = [(item.casefold(), tier) for content in files for item, tier in content.items()]
    assert {item for _, item in made} == {item for item, _ in places}
    for (_, item), label in made.items():
        tiers = {tier for name, tier in places if name == item}
        assert label.tier in tiers
        assert label.tier == "restricted" or "restricted" not in tiers
    double = [item for item, _ in places if [name for name, _ in places].count(item) > 1]
    assert len(list(check_labels(found))) == len(double)
