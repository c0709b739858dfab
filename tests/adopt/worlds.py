"""Random populations of a small CRM, and the repository beside which they are written down."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1

from hypothesis import strategies as st

from reconciler.desired.load import Declarations, load
from reconciler.desired.source import File, Source
from reconciler.model import Account, AccountKey, BindingKey, Live, LiveBinding, Native, Scope
from reconciler.ports import AdoptedAccount, AdoptedRole, Adoption
from tests.desired.kinds import KINDS
from tests.desired.world import FILES

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
USES = ("permissionSet", "queue", "group", "permissionSetGroup")
SHARE = Native("caseShare", "Read")
DECLARED = frozenset({"maria@acme.example", "desk@acme.example", "tom.b@beta.example"})
"""The user names that the repository declares."""


@dataclass(frozen=True)
class Found:
    """What is live, and what a connector says of it."""

    live: Live
    adoption: Adoption


def repository(base: Source, files: Mapping[str, str]) -> Declarations:
    """The declarations in `files`, as if they stood on disk in the repository of `base`."""
    contents = {f"desired-state/{path}": text.encode() for path, text in files.items()}
    listed = [File(path, sha1(data).hexdigest(), len(data)) for path, data in contents.items()]  # noqa: S324 -- a name
    source = replace(base, worktree=True, files=tuple(sorted(listed)), problems=(), _contents=contents)
    return load(source, KINDS)


def filled(text: str) -> str:
    """A file with every gap filled, as somebody would: a persona acts for a human of the file, or is one."""
    human = re.search(r"- name: (\S+)\n    kind: human", text)
    if human is None:
        text = re.sub(r"\n    onBehalfOf: undecided.*", "", text.replace("kind: persona", "kind: human"))
    else:
        text = text.replace("onBehalfOf: undecided", f"onBehalfOf: {human[1]}")
    return text.replace("undecided:", "decided:").replace(": undecided  # gap", ": dana.reyes  # gap")


names = st.text(st.sampled_from("abc.-_ Äß'#:{\u200b\u00a0\n0"), min_size=1, max_size=8)
"""What people and things may be called in a CRM: more than declarations can hold."""

natives = st.builds(
    Native, st.sampled_from(USES), st.sampled_from(("Alpha", "Beta_2", "no", "1:30", "Ünïcode 'x' #: y"))
)
ends = st.none() | st.integers(1, 900).map(lambda days: NOW.replace(minute=0) + timedelta(days=days, hours=3))
cases = st.lists(st.sampled_from(("00001042", "00001043", "7", "no")), unique=True, max_size=3)
domains = st.sampled_from(("acme.example", "globex.test", "globex.example", "new-vendor.example", "Ünï.example", "x"))


@st.composite
def populations(draw: st.DrawFn) -> Found:
    """Accounts of several vendors, some declared, some closed, with whatever the CRM lets them hold."""
    accounts: dict[str, Account] = {}
    bindings: list[LiveBinding] = []
    said: dict[str, AdoptedAccount] = {}
    for number in range(draw(st.integers(0, 6))):
        id_ = f"005{number}"
        name = draw(st.sampled_from(sorted(DECLARED))) if draw(st.integers(0, 4)) == 0 else ""
        if not name or any(account.name == name for account in accounts.values()):
            name = f"{draw(names)}{number}@{draw(domains)}"
        key = AccountKey("username", name.lower())
        accounts[id_] = Account(
            id_, name, frozenset({key}), inside=draw(st.integers(0, 9)) > 0, enabled=draw(st.booleans())
        )
        if not accounts[id_].inside:
            continue
        email = draw(st.none() | st.just(name) | st.builds("{}@{}".format, names, domains))
        if draw(st.integers(0, 9)) > 0:
            said[id_] = AdoptedAccount(
                declared=draw(st.just(name) | st.none()),
                email=email,
                title=draw(st.none() | names),
                kind=draw(st.sampled_from(("human", "persona", "automation"))),
                vendor_hint=draw(st.none() | st.sampled_from(("new-vendor", "undecided", "Acme GmbH"))),
                name_hint=draw(st.none() | names),
            )
        bindings += draw(held(id_))
    roles = {
        native: AdoptedRole(native.name, {"uses": {native.kind: native.name}}, draw(st.none() | st.just("look at it")))
        for native in sorted({binding.key.native for binding in bindings})
        if native != SHARE and draw(st.integers(0, 9)) > 0
    }
    labels = {item: {"tier": "restricted"} for item in draw(st.sets(st.sampled_from(("Case", "Case.SSN__c"))))}
    live = Live(
        "crm",
        "00D1",
        NOW,
        accounts=accounts,
        bindings=tuple(bindings),
        existing=frozenset(binding.key.native for binding in bindings),
        endless=frozenset({"queue", "group", "caseShare"}),
    )
    return Found(live, Adoption(said, roles, labels))


@st.composite
def held(draw: st.DrawFn, account: str) -> list[LiveBinding]:
    """What one account holds: roles with and without an end, shares of cases, and what nobody can take away."""
    found = []
    for native in draw(st.lists(natives, unique=True, max_size=4)):
        until = None if native.kind in {"queue", "group"} else draw(ends)
        found.append(LiveBinding(BindingKey(account, native), until))
    for case in draw(cases):
        scope: Scope = (("cases", (case,)),)
        found.append(LiveBinding(BindingKey(account, SHARE, scope)))
    if found and draw(st.integers(0, 4)) == 0:
        found[0] = replace(found[0], unremovable="by the profile")
    return found


BASE = dict(FILES)
"""The files of the repository beside which everything is written down."""
