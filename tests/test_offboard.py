"""A vendor's leaving: what is looked at, and what has to hold before anything is rotated. Pure, on made-up targets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from reconciler.cli.schemas import all_schemas
from reconciler.desired.departure import Departure, Once
from reconciler.desired.models import TargetSpec
from reconciler.errors import TargetError, Unreachable
from reconciler.ledger import Rotating, Rotation
from reconciler.model import Account, AccountKey, BindingKey, Live, LiveBinding, Mode, Native
from reconciler.offboard import Offboarding, Place, Status, Stray, look
from reconciler.offboard import rotate as rotate_recorded
from reconciler.ports import Connector, ConnectorKind, Learned, Rotated, Sought
from reconciler.reports.offboarding import offboard_markdown, offboard_shape, offboard_text

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KEY = AccountKey("name", "maria")
KEPT = Learned("kv", "s/a", "write a new value", within=7)
TURNS = Learned("transit", "t/k", "write a new version", within=7, rotates=True)


class Spec(TargetSpec):
    """A made-up target."""


class RoleOf(BaseModel):
    """A made-up role, which lets people learn what its name says."""

    connector: str = "made-up"
    items: tuple[str, ...] = ("s/a", "t/k")


class Kind:
    def learned(self, role: BaseModel, target: TargetSpec) -> Sequence[Learned]:  # noqa: ARG002
        assert isinstance(role, RoleOf)
        return [item for item in (KEPT, TURNS) if item.name in role.items]


@dataclass
class Made:
    """A target in memory that counts rotations."""

    live: Live
    left: tuple[str, ...] = ()
    leases: tuple[str, ...] = ()
    turned: list[Learned] = field(default_factory=list)

    def observe(self, sought: Sought) -> Live:
        assert KEY in sought.declared
        return self.live

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        return self.left if accounts else ()

    def valid(self, items: Sequence[Learned]) -> Sequence[str]:
        return self.leases if items else ()

    def rotate(self, items: Sequence[Learned]) -> Iterator[Rotated]:
        self.turned += items
        return (Rotated(item, done=True) for item in items)


def account(*, enabled: bool, inside: bool = True, id_: str = "1") -> Account:
    return Account(id_, "maria", frozenset({KEY}), inside=inside, enabled=enabled)


def live(*accounts: Account, bindings: bool = False, gaps: tuple[str, ...] = ()) -> Live:
    held = tuple(LiveBinding(BindingKey(one.id, Native("policy", "p"))) for one in accounts) if bindings else ()
    return Live("vault", "v", NOW, accounts={one.id: one for one in accounts}, bindings=held, gaps=gaps)


def leaving(*, ended: bool = True) -> Departure:
    once = Once("vault", "reader", ("maria",), (RoleOf(), RoleOf(items=("s/a",)), RoleOf(connector="other")))
    return Departure("acme", ended, NOW, "its contract ended", "Liam", {"vault": frozenset({KEY})}, (once,))


def place(target: Made | TargetError, mode: Mode = Mode.ENFORCE) -> Place:
    spec = Spec.model_validate({"connector": "made-up", "mode": mode, "url": {"env": "GUESTLIST_X"}})
    connectors = cast("Mapping[str, Connector | TargetError]", {"vault": target})
    return Place({"vault": spec}, cast("Mapping[str, ConnectorKind]", {"made-up": Kind()}), connectors)


class Log:
    """Records nothing but that it was asked to."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, about: Sequence[Rotating]) -> Rotation:
        self.said.append(f"begin {', '.join(one.name for one in about)}")
        return cast("Rotation", self)

    def done(self, what: Rotating, *, failed: str | None = None) -> None:
        self.said.append(f"{what.name} {failed or 'done'}")

    def end(self) -> None:
        self.said.append("end")


def rotate(found: Offboarding, there: Place, log: Log | None = None) -> Offboarding:
    return rotate_recorded(found, there, (log or Log()).begin)


def seen(there: Place, *, ended: bool = True) -> Offboarding:
    return look(leaving(ended=ended), there, governed={}, others={})


def test_what_is_left_is_said() -> None:
    """An open account, what it holds, what of a closed one is alive, and leases."""
    made = Made(
        live(account(enabled=True), account(enabled=False, id_="2"), bindings=True), ("a token lives",), ("1 lease",)
    )
    said = [one.text for one in seen(place(made)).remains]
    assert said == [
        "the account maria is open",
        "maria holds policy p",
        "maria holds policy p",
        "a token lives",
        "1 lease",
    ]


def test_each_thing_is_one_task_with_everybody_and_a_due_day() -> None:
    """Two versions of a role name the same secret: one task; a role of another kind of target is none of ours."""
    tasks = seen(place(Made(live()))).tasks
    assert [(one.item, one.roles, one.principals, one.due.isoformat()) for one in tasks] == [
        (KEPT, ("reader",), ("maria",), "2026-11-28"),
        (TURNS, ("reader",), ("maria",), "2026-11-28"),
    ]


def test_an_account_that_is_now_somebody_elses_is_not_ours() -> None:
    made = Made(live(account(enabled=True)))
    found = look(leaving(), place(made), governed={}, others={"other": frozenset({KEY})})
    assert found.remains
    narrowed = replace(leaving(), held=())
    assert not look(narrowed, place(made), governed={}, others={"vault": frozenset({KEY})}).remains


@given(
    enabled=st.booleans(),
    bindings=st.booleans(),
    left=st.booleans(),
    leases=st.booleans(),
    gap=st.booleans(),
    ended=st.booleans(),
    mode=st.sampled_from(Mode),
)
def test_nothing_is_rotated_while_somebody_could_learn_the_new_one(
    *, enabled: bool, bindings: bool, left: bool, leases: bool, gap: bool, ended: bool, mode: Mode
) -> None:
    """Only when the vendor has left, nothing of it is left or in doubt, and the target may be written to.

    A lease of a shared role may be an employee's: it is shown, and hinders nothing.
    """
    made = Made(
        live(account(enabled=enabled), bindings=bindings, gaps=("a gap",) if gap else ()),
        ("a token",) if left else (),
        ("a lease",) if leases else (),
    )
    there = place(made, mode)
    log = Log()
    found = rotate(seen(there, ended=ended), there, log)
    clean = not (enabled or bindings or left or gap)
    may = clean and ended and mode is Mode.ENFORCE
    assert made.turned == ([TURNS] if may else [])
    assert log.said == (["begin t/k", "t/k done", "end"] if may else [])
    assert {one.item: one.status for one in found.tasks} == {
        KEPT: Status.OPEN,
        TURNS: Status.ROTATED if may else Status.OPEN,
    }
    if not may:
        (why,) = [one.text for one in found.tasks if one.item == TURNS]
        assert why


def test_a_target_that_cannot_be_read_is_doubt_and_no_clean_leaving() -> None:
    there = place(Unreachable("no answer"))
    found = rotate(seen(there), there)
    assert found.doubtful
    assert [one.doubt for one in found.remains] == [True]
    assert all(one.status is Status.OPEN for one in found.tasks)


def test_every_format_says_it_and_the_json_has_its_published_shape() -> None:
    there = place(Made(live(account(enabled=True))))
    found = replace(seen(there), strays=(Stray("vault", "maria", "policy", "platform-reader", NOW),))
    shape = offboard_shape(found)
    Draft202012Validator(dict(all_schemas()["offboard.schema.json"])).validate(
        shape.model_dump(by_alias=True, mode="json")
    )
    assert shape.format == "guestlist.offboard/v1"
    text, marked = offboard_text(found).plain, offboard_markdown(found)
    for words in (
        "acme",
        "the account maria is open",
        "Liam, by 2026-11-28: write a new value",
        "1 left, 2 to be rotated",
        "platform-reader, held by maria until 2026-11-21T00:00:00Z",
    ):
        assert words in text
        assert words in marked
    assert "- [ ] vault: kv s/a" in marked
    clean = place(Made(live()))
    done = rotate(seen(clean), clean)
    assert "[x] vault  transit t/k" in offboard_text(done).plain
    assert "- [x] vault: transit t/k" in offboard_markdown(done)
    assert "nothing left, 1 to be rotated, 1 rotated" in offboard_text(done).plain
