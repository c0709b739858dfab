"""What is wrong with one file alone: where, what was found, and what would be right."""

import pytest

from reconciler.desired import documents
from reconciler.desired.declared import Declared
from reconciler.desired.documents import read
from reconciler.desired.layout import Kind
from reconciler.desired.models import SettingsSpec, TargetSpec, VendorSpec
from reconciler.desired.source import File
from reconciler.desired.strict_yaml import Document, Problem, parse
from tests.desired.kinds import KINDS, CrmTarget
from tests.desired.world import ACME, FILES, SETTINGS, person, role


def problems(kind: Kind, text: str, file: str = "") -> list[str]:
    stems = {Kind.VENDOR: "acme", Kind.PERSON: "dana", Kind.ROLE: "triage", Kind.SETTINGS: "guestlist"}
    path = file or f"{stems.get(kind, 'x')}.yaml"
    result = read(File(path, text, len(text)), text.encode(), kind, KINDS)
    assert isinstance(result, tuple)
    return [str(problem).removeprefix(f"{path}:") for problem in result]


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def test_a_valid_file_becomes_its_model_with_every_place() -> None:
    vendor = read(File("d/acme.yaml", "a1", 1), ACME.encode(), Kind.VENDOR, KINDS)
    assert isinstance(vendor, Declared)
    assert isinstance(vendor.spec, VendorSpec)
    assert (vendor.name, vendor.title, vendor.file) == ("acme", "Acme GmbH", "d/acme.yaml")
    assert vendor.at("grants", 0) == "d/acme.yaml:19"
    assert vendor.at("grants", 0, "window", "until") == "d/acme.yaml:23"
    assert str(vendor.position("grants", 1, "role")) == "d/acme.yaml:27:13"
    assert vendor.at() == "d/acme.yaml:5"


def test_targets_and_roles_have_the_models_of_their_connector() -> None:
    settings = read(File("guestlist.yaml", "s1", 1), SETTINGS.encode(), Kind.SETTINGS, KINDS)
    assert isinstance(settings, Declared)
    assert isinstance(settings.spec, SettingsSpec)
    assert isinstance(settings.spec.targets["crm"], CrmTarget)
    assert all(isinstance(target, TargetSpec) for target in settings.spec.targets.values())


def test_a_comment_for_editors_is_just_a_comment() -> None:
    text = "# yaml-language-server: $schema=../../schemas/person.schema.json\n" + person("dana")
    assert isinstance(read(File("dana.yaml", "p1", 1), text.encode(), Kind.PERSON, KINDS), Declared)


def test_a_blob_that_was_parsed_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same content at the same place is parsed once in a process; elsewhere its positions would be wrong."""
    parsed: list[str] = []

    def counting(data: bytes, *, file: str) -> Document | tuple[Problem, ...]:
        parsed.append(file)
        return parse(data, file=file)

    monkeypatch.setattr(documents, "parse", counting)
    for path in ("once/dana.yaml", "once/dana.yaml", "twice/dana.yaml"):
        read(File(path, "same", 1), person("dana").encode(), Kind.PERSON, KINDS)
    assert parsed == ["once/dana.yaml", "twice/dana.yaml"]


HEADER = [
    (
        changed(person("dana"), "guestlist/v1", "guestlist/v2"),
        ["1:13: apiVersion: found 'guestlist/v2', expected 'guestlist/v1'"],
    ),
    (
        changed(person("dana"), "kind: Person", "kind: Vendor"),
        ["2:7: kind: found 'Vendor', expected 'Person' here: the folder says the kind"],
    ),
    (
        changed(person("dana"), "{name: dana}", "{name: dane}"),
        ["3:18: name: found 'dane', expected 'dana': the file's stem is the declaration's name"],
    ),
    (
        changed(person("dana"), "apiVersion:", "apiVerson:"),
        [
            "1:1: unknown key 'apiVerson': did you mean 'apiVersion'?",
            "1:1: the key 'apiVersion' is missing: every declaration has apiVersion, kind, metadata, spec",
        ],
    ),
    (
        changed(person("dana"), "{name: dana}", "{nam: dana}"),
        ["3:12: unknown key 'nam': did you mean 'name'?", "3:1: the key 'name' is missing in metadata: write "],
    ),
    (
        changed(person("dana"), "{name: dana}", "{name: Dana}"),
        ["3:18: name: found 'Dana', expected a name: lower-case letters, digits, '-' and '.', beginning and ending "],
    ),
    ("- a\n- b\n", ["1:1: "]),
]


@pytest.mark.parametrize(("text", "expected"), HEADER)
def test_the_header_says_what_it_must_be(text: str, expected: list[str]) -> None:
    matches(problems(Kind.PERSON, text), expected)


def matches(found: list[str], expected: list[str]) -> None:
    assert len(found) == len(expected), found
    for line in expected:
        assert any(one.startswith(line) for one in found), (line, found)


def test_settings_may_be_called_anything() -> None:
    """The rule that the stem is the name is not for Settings, which stand alone."""
    text = changed(SETTINGS, "name: example", "name: another")
    assert isinstance(read(File("guestlist.yaml", "s2", 1), text.encode(), Kind.SETTINGS, KINDS), Declared)


VENDOR = [
    (
        "  tier: high",
        "  teir: high",
        ["7:3: unknown key 'teir': did you mean 'tier'?", "4:1: the key 'tier' is missing"],
    ),
    (
        "  tier: high",
        "  tier: hihg",
        ["7:9: tier: found 'hihg', expected one of 'critical', 'high', 'medium', 'low'"],
    ),
    ("since: 2026-01-10", "since: soon", ["5:38: since: found 'soon', expected a date (2026-01-31)"]),
    (
        "since: 2026-01-10",
        "since: 2026-01-10T10:00:00Z",
        ["5:38: since: found 2026-01-10T10:00:00+00:00, expected a date (2026-01-31)"],
    ),
    ("since: 2026-01-10", "since: 1026-01-10", ["5:38: since: the year 1026 is not between 2000 and 2199"]),
    (
        "until: 2027-01-31",
        "until: later",
        [
            (
                "23:41: until: found 'later', expected a date (2026-01-31) or an instant with an offset "
                "(2026-01-31T18:00:00+01:00)"
            )
        ],
    ),
    ("until: 2027-01-31", "until: 9999-12-31", ["23:41: until: the year 9999 is not between 2000 and 2199"]),
    (
        "{from: 2026-11-01, until: 2027-01-31}",
        "{from: 2026-11-01, untill: 2027-01-31}",
        [
            "23:34: unknown key 'untill': did you mean 'until'?",
            "23:7: the key 'until' is missing in window: write a date",
        ],
    ),
    ("      role: triage\n", "", ["19:7: the key 'role' is missing in grants: write a name: lower-case"]),
    (
        "principals: [maria.k, desk]",
        "principals: []",
        ["22:19: principals: found an empty list, expected a list of at"],
    ),
    ("principals: [maria.k, desk]", "principals: maria.k", ["22:19: principals: found a text, expected a list"]),
    (
        "principals: [maria.k, desk]",
        "principals: [maria.k, Desk]",
        ["22:29: principals: found 'Desk', expected a name: lower-case"],
    ),
    (
        "email: maria.k@acme.example",
        "email: maria.k",
        ["12:14: email: found 'maria.k', expected an e-mail address of at most 254 characters"],
    ),
    ("{crm: maria@acme.example}", "{Crm: maria@acme.example}", ["13:18: found the key 'Crm', expected a name: lower-"]),
    (
        "starts: 2026-01-01, ends: 2027-12-31",
        "starts: 2026-01-01, ends: 2025-12-31",
        ["8:13: contract: ends (2025-12-31) is before starts (2026-01-01)"],
    ),
    (
        "kind: automation, owner: maria.k",
        "kind: automation, onBehalfOf: maria.k",
        ["17:7: principals: onBehalfOf is for a persona, and bot is of kind 'automation'"],
    ),
    ("mfa: required", "mfa: true", ["15:12: mfa: found true, expected 'required'"]),
    ("reason: first response", "reason: ''", ["24:15: reason: found '', expected a text of 1 to 500 characters"]),
    ("id: C-1", "id: 17", ["8:18: id: found 17, expected a text of 1 to 500 characters"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), VENDOR)
def test_a_vendor_file_says_what_is_wrong_at_its_place(old: str, new: str, expected: list[str]) -> None:
    matches(problems(Kind.VENDOR, changed(ACME, old, new)), expected)


def test_all_that_is_wrong_in_a_file_is_said_at_once() -> None:
    text = changed(
        changed(changed(ACME, "tier: high", "tier: x"), "mfa: required", "mfa: no one"), "id: C-1", "di: C-1"
    )
    assert len(problems(Kind.VENDOR, text)) == 4


def test_a_file_full_of_mistakes_is_not_answered_with_a_book() -> None:
    text = ACME + "".join(f"  x{number}: 1\n" for number in range(20_000))
    assert 100 <= len(problems(Kind.VENDOR, text)) <= 200


SETTING = [
    (
        "connector: salesforce",
        "connector: salesfroce",
        ["9:18: unknown connector 'salesfroce': did you mean 'salesforce'?"],
    ),
    ("      connector: salesforce\n", "", ["8:5: the key 'connector' is missing: write one of salesforce, vault"]),
    (
        "timeZone: Europe/Berlin",
        "timeZone: Europe/Berln",
        ["6:13: timeZone: there is no time zone 'Europe/Berln': did"],
    ),
    ("timeZone: Europe/Berlin", "timeZone: ../../etc/passwd", ["6:13: timeZone: there is no time zone"]),
    ("mode: enforce", "mode: enforced", ["10:13: mode: found 'enforced', expected one of 'observe', 'enforce'"]),
    (
        "url: {env: GUESTLIST_CRM_URL}",
        "url: https://crm.example",
        ["11:12: url: a value itself may not stand in the repository: write {env: GUESTLIST_…} or {file: …}"],
    ),
    (
        "url: {env: GUESTLIST_CRM_URL}",
        "url: {env: CRM_URL}",
        ["11:18: env: found a text, expected the name of an environment variable that starts with GUESTLIST_"],
    ),
    (
        "url: {env: GUESTLIST_CRM_URL}",
        "url: {evn: GUESTLIST_CRM_URL}",
        ["11:13: unknown key 'evn': did you mean 'env'?"],
    ),
    (
        "{file: vault/token}",
        "{file: ../token}",
        ["17:28: file: found a text, expected a path below the secrets directory, without '..' and leading '/'"],
    ),
    ("clientSecret:", "clientSceret:", ["12:49: unknown key 'clientSceret': did you mean 'clientSecret'?"]),
    (
        "branch: main",
        "branch: main\n  guard: {}",
        ["6:3: unknown key 'guard': there are 'branch', 'timeZone', 'targets'"],
    ),
    ("branch: main\n", "", ["4:1: the key 'branch' is missing in spec"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), SETTING)
def test_settings_say_what_is_wrong_at_its_place(old: str, new: str, expected: list[str]) -> None:
    text = SETTINGS.replace("  branch: main\n", "") if old == "branch: main\n" else changed(SETTINGS, old, new)
    matches(problems(Kind.SETTINGS, text), expected)


def test_one_broken_target_hides_nothing_that_is_wrong_elsewhere() -> None:
    text = changed(changed(SETTINGS, "connector: salesforce", "connector: crm"), "branch: main", "branch: ''")
    assert len(problems(Kind.SETTINGS, text)) == 2


ROLE = [
    ("{connector: ldap}", ["4:19: unknown connector 'ldap': there are 'salesforce', 'vault'"]),
    ("{uses: {queue: L2}}", ["4:1: the key 'connector' is missing: write one of salesforce, vault"]),
    ("[salesforce]", ["4:7: found a list, expected {connector: …}"]),
    (
        "{connector: salesforce, uses: {permisionSet: T}}",
        ["4:38: unknown key 'permisionSet': did you mean 'permissionSet'?"],
    ),
    (
        "{connector: salesforce, uses: {}}",
        [
            (
                "4:37: uses: found an empty mapping, expected {permissionSet: …} or {permissionSetGroup: …} or "
                "{group: …} or {queue: …}"
            )
        ],
    ),
    ("{connector: salesforce, uses: Triage}", ["4:37: uses: found a text, expected {permissionSet: …} or"]),
    ("{connector: salesforce, uses: {queue: ''}}", ["4:45: queue: found '', expected a text of at least 1 characters"]),
    ("{connector: salesforce, uses: {queue: A, group: B}}", ["4:37: uses: found a mapping, expected {permissionSet"]),
]


@pytest.mark.parametrize(("spec", "expected"), ROLE)
def test_a_union_gives_one_clear_sentence(spec: str, expected: list[str]) -> None:
    matches(problems(Kind.ROLE, role("triage", spec)), expected)


SECRET = "hvs.CAESIJ-very-secret"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{env: GUESTLIST_CRM_SECRET}", SECRET),
        ("{env: GUESTLIST_CRM_SECRET}", f"{{env: {SECRET}}}"),
        ("{env: GUESTLIST_CRM_SECRET}", f"{{file: /{SECRET}}}"),
        ("{env: GUESTLIST_CRM_SECRET}", f"[{SECRET}]"),
        ("{token: {file: vault/token}}", SECRET),
        ("{token: {file: vault/token}}", f"{{token: {SECRET}}}"),
        ("{env: GUESTLIST_VAULT_URL}", f"https://user:{SECRET}@vault.example"),
        ("{clientId: {env: GUESTLIST_CRM_ID}, clientSecret: {env: GUESTLIST_CRM_SECRET}}", SECRET),
    ],
)
def test_a_secret_written_down_by_mistake_is_not_repeated(old: str, new: str) -> None:
    """Whatever stands where a reference belongs, no message repeats it."""
    found = problems(Kind.SETTINGS, changed(SETTINGS, old, new))
    assert found
    assert not any(SECRET in one for one in found)


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_stands_in_the_folder_it_belongs_to_is_accepted(name: str) -> None:
    kinds = {"people": Kind.PERSON, "roles": Kind.ROLE, "vendors": Kind.VENDOR}
    kind = kinds.get(name.split("/", maxsplit=1)[0], Kind.SETTINGS)
    assert isinstance(read(File(name, name, 1), FILES[name].encode(), kind, KINDS), Declared)
