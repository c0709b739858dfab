"""A made-up company with many vendors, the same for the same number and seed, as a commit in a real Git repository."""

import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
"""The instant at which everything is judged: windows lie around it."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PLACES = _words(
    "alder amber anchor atlas aurora beacon birch boulder brook canyon cedar cinder cliff cobalt copper coral delta"
    " ember fjord flint garnet glacier granite harbor hazel heron indigo iris ivory jasper juniper kestrel lagoon"
    " larch lunar maple marble meadow nimbus northern onyx orchid osprey pebble"
)
_TRADES = _words(
    "analytics audit billing care cloud data design desk dialog field freight hosting insight labs legal logistics"
    " mail metrics mobile network ops payments phone print projects quality research reviews safety sales scan"
    " search security signal software staffing studio support survey systems telecom training translate"
)
_FORMS = ("ab", "bv", "gmbh", "inc", "ltd", "msp", "oy", "sarl")
_FIRST = _words("ana bilal chen dora emeka farah goran hana ivo jun kaja luis mina noor omar priya rosa sami tom yuki")
_LAST = _words("abe berg costa diaz eklund fischer gupta horvat ito jansen kaya lopez meyer novak okafor park")
_REASONS = (
    "first response on cases of the region",
    "care at night and on weekends, when our own people are asleep",
    "weekly rotation of a password that nobody has to see",
    "answers come from the knowledge base",
    "monitoring: renews what the probes log in with",
)
_EVERY_VENDORS_FIRST_DAY = date(2026, 1, 1)

SALESFORCE_ROLES, VAULT_ROLES = 24, 16
_VENDORS_PER_EMPLOYEE = 50
"""How many vendors one employee sponsors; as many again are owned by each."""

_SETTINGS = """\
apiVersion: guestlist/v1
kind: Settings
metadata: {name: example, title: Example Industries}
spec:
  branch: main
  timeZone: Europe/Berlin
  targets:
    crm:
      connector: salesforce
      mode: enforce
      url: {env: GUESTLIST_CRM_URL}
      auth: {clientId: {env: GUESTLIST_CRM_ID}, clientSecret: {env: GUESTLIST_CRM_SECRET}}
      population: {any: {profiles: [Vendor Support]}}
    vault:
      connector: vault
      mode: enforce
      url: {env: GUESTLIST_VAULT_URL}
      auth: {token: {env: GUESTLIST_VAULT_TOKEN}}
      population: {any: {prefix: vendor_, mounts: [vendor-oidc]}}
"""


def declarations(vendors: int, seed: int) -> dict[str, str]:
    """The files of a company with that many vendors, by their path in the repository.

    A vendor has 1 to 6 principals and 1 to 5 grants. About one grant in eight has ended, is still to begin, or lacks
    something; people work for one vendor only.
    """
    chance = Random(seed)  # noqa: S311 - made-up companies, not secrets
    employees = [
        f"{_FIRST[n % len(_FIRST)]}.{_LAST[n % len(_LAST)]}-{n}" for n in range(2 + vendors // _VENDORS_PER_EMPLOYEE)
    ]
    files = {"guestlist": _SETTINGS}
    files |= {f"people/{name}": _employee(name, 1000 + n) for n, name in enumerate(employees)}
    files |= {f"roles/{name}": text for name, text in _roles()}
    combinations = len(_PLACES) * len(_TRADES) * len(_FORMS)
    for number in chance.sample(range(combinations), vendors):
        rest, form = divmod(number, len(_FORMS))
        place, trade = divmod(rest, len(_TRADES))
        name = f"{_PLACES[place]}-{_TRADES[trade]}-{_FORMS[form]}"
        files[f"vendors/{name}"] = "".join(_vendor(name, employees, chance))
    return {f"desired-state/{stem}.yaml": text for stem, text in files.items()}


def _employee(name: str, number: int) -> str:
    return f"""\
# yaml-language-server: $schema=../../schemas/person.schema.json
apiVersion: guestlist/v1
kind: Person
metadata: {{name: {name}}}
spec:
  title: {name.partition("-")[0].replace(".", " ").title()}, Vendor Management
  email: {name}@example.com
  forge: {{github: {{login: {name.replace(".", "-")}, id: {number}}}}}
"""


def _roles() -> Iterator[tuple[str, str]]:
    head = "apiVersion: guestlist/v1\nkind: Role\nmetadata: {name: %s}\nspec:\n  connector: %s\n"
    for n in range(SALESFORCE_ROLES):
        name = f"crm-role-{n:02d}"
        yield name, head % (name, "salesforce") + f"  uses: {{permissionSet: Vendor_Role_{n:02d}}}\n"
    for n in range(VAULT_ROLES):
        name = f"vault-role-{n:02d}"
        objects = f"  objects: [{{engine: kv, mount: secret, path: team-{n:02d}/prod/db}}]\n"
        yield name, head % (name, "vault") + objects + "  actions: [view-metadata, rotate]\n"


def _vendor(name: str, employees: list[str], chance: Random) -> Iterator[str]:
    sponsor, business, technical = (chance.choice(employees) for _ in range(3))
    began = _EVERY_VENDORS_FIRST_DAY + timedelta(days=chance.randrange(180))
    ends = NOW.date() + timedelta(days=chance.choice((-5, *[chance.randrange(60, 700)] * 40)))
    yield f"""\
# yaml-language-server: $schema=../../schemas/vendor.schema.json
apiVersion: guestlist/v1
kind: Vendor
metadata: {{name: {name}, title: {name.replace("-", " ").title()}}}
spec:
  sponsor: {{name: {sponsor}, since: {began}}}
  owners: {{business: {business}, technical: {technical}}}
  tier: {chance.choice(("critical", "high", "medium", "low"))}
  regions: [{chance.choice(("emea", "amer", "apac"))}]
  contract: {{id: C-{chance.randrange(1000, 9999)}, scope: care and projects, starts: {began}, ends: {ends}}}

  principals:
"""
    people = [f"{chance.choice(_FIRST)}.{chance.choice(_LAST)}.{n}" for n in range(chance.choice((1, 2, 2, 3, 3, 4)))]
    for person in people:
        yield from _human(person, name, sponsor, began, chance)
    helpers = ["desk"] * (chance.random() < 0.3) + ["sync-bot"] * (chance.random() < 0.5)
    for helper in helpers:
        yield from _helper(helper, name, people[0], sponsor, began)
    yield "\n  grants:\n"
    for n in range(chance.choice((1, 2, 2, 3, 3, 4, 5))):
        yield from _grant(n, people, helpers, chance)


def _human(person: str, vendor: str, sponsor: str, began: date, chance: Random) -> Iterator[str]:
    yield f"    - name: {person}\n      kind: human\n      email: {person}@{vendor}.example\n"
    if chance.random() > 0.02:  # the few whom nobody has proofed yet
        proofed = began + timedelta(days=chance.randrange(20))
        evidence = f"HR-{chance.randrange(100, 999)}"
        yield f"      proofing: {{method: video-id, by: {sponsor}, date: {proofed}, evidence: {evidence}}}\n"
    yield "      mfa: required\n"


def _helper(helper: str, vendor: str, boss: str, sponsor: str, began: date) -> Iterator[str]:
    if helper == "sync-bot":
        yield f"    - {{name: {helper}, kind: automation, owner: {boss}}}\n"
        return
    yield f"""\
    - name: {helper}
      kind: persona
      email: {helper}@{vendor}.example
      onBehalfOf: {boss}
      proofing: {{method: sponsor-statement, by: {sponsor}, date: {began}, evidence: HR-99}}
      mfa: required
"""


def _grant(number: int, people: list[str], helpers: list[str], chance: Random) -> Iterator[str]:
    target = chance.choice(("crm", "crm", "vault"))
    roles = SALESFORCE_ROLES if target == "crm" else VAULT_ROLES
    whom = chance.sample(people, chance.randint(1, len(people)))
    if target == "vault" and "sync-bot" in helpers:
        whom = ["sync-bot"]
    elif target == "crm" and "desk" in helpers:
        whom.append("desk")
    today = NOW.date()
    starts = today + timedelta(days=chance.choice((20, *[-chance.randrange(1, 300)] * 30)))
    ends = max(starts, today) + timedelta(days=chance.randrange(5, 400))
    if chance.random() < 0.06:  # the few that have ended and still stand in the file
        starts, ends = today - timedelta(days=200), today - timedelta(days=chance.randrange(1, 90))
    yield f"""\
    - name: grant-{number}
      target: {target}
      role: {target}-role-{chance.randrange(roles):02d}
      principals: [{", ".join(whom)}]
      window: {{from: {starts}, until: {ends}}}
      reason: {chance.choice(_REASONS)!r}
      ticket: CHG-{chance.randrange(1000, 9999)}
"""


def commit(directory: Path, files: Mapping[str, str]) -> None:
    """Make a repository in `directory` (which does not exist yet) whose only commit, on `main`, holds `files`."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(directory)], check=True)
    subprocess.run(["git", "-C", str(directory), "fast-import", "--quiet"], input=b"".join(_stream(files)), check=True)


def _stream(files: Mapping[str, str]) -> Iterator[bytes]:
    """See https://git-scm.com/docs/git-fast-import#_input_format."""
    message = b"Declare who is on the list"
    yield b"commit refs/heads/main\ncommitter Benchmark <benchmark@example.com> %d +0000\n" % NOW.timestamp()
    yield b"data %d\n%b\n" % (len(message), message)
    for path, text in files.items():
        data = text.encode()
        yield b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(data), data)
