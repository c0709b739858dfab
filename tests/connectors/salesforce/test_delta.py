"""The writes that repair a permission set: they end at what is declared, and never pass through more than that."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.content import Content, mark_of, native_of
from connectors.salesforce.definitions import Stored
from connectors.salesforce.delta import WRITES, Phase, Write, delta, new_set
from connectors.salesforce.vocabulary import EDIT, MEANS, READ

ROLE = "case-triage"
OBJECTS = st.dictionaries(st.sampled_from(["Case", "Account", "Contact"]), st.sampled_from(sorted(MEANS)), max_size=3)
FIELDS = st.dictionaries(st.sampled_from(["Case.Subject", "Case.Priority", "Account.Phone"]), st.booleans())
SYSTEM = st.frozensets(st.sampled_from(["ApiEnabled", "RunReports", "DataExport"]))


def content(
    objects: Mapping[str, str], fields: Mapping[str, bool], system: frozenset[str], *, session: bool
) -> Content:
    return Content(
        mark=ROLE,
        objects={name: MEANS[word] for name, word in objects.items()},
        fields=dict(fields),
        system=system,
        session=session,
    )


CONTENTS = st.builds(content, OBJECTS, FIELDS, SYSTEM, session=st.booleans())
LIVE = st.builds(
    lambda one, mark, access: replace(one, mark=mark, access=access),
    CONTENTS,
    st.none() | st.just(ROLE),
    st.frozensets(st.sampled_from(["ConnectedApplication:0H4a", "ApexClass:01pb"])),
)


def kept(of: Content) -> Stored:
    """A permission set with this content, whose rows have their names as ids."""
    return Stored(
        id="0PS",
        native=native_of(ROLE),
        content=of,
        objects={name: f"o:{name}" for name in of.objects},
        fields={name: f"f:{name}" for name in of.fields},
        access={name: f"a:{name}" for name in of.access},
    )


def steps(now: Content, wanted: Content) -> Iterator[tuple[Phase, Content]]:
    """The content after each write, in the order of the phases."""
    for write in sorted(delta(kept(now), wanted), key=lambda one: one.phase):
        now = _written(now, write)
        yield write.phase, now


def _written(now: Content, write: Write) -> Content:
    how, _ = WRITES[write.phase]
    record = dict(write.record)
    row = str(record.pop("id", ""))
    name = row[2:]
    if write.phase is Phase.SET:
        on = {flag.removeprefix("Permissions") for flag, value in record.items() if value is True}
        off = {flag.removeprefix("Permissions") for flag, value in record.items() if value is False}
        mark = mark_of(str(record["Description"])) if "Description" in record else now.mark
        session = bool(record.get("HasActivationRequired", now.session))
        system = frozenset((now.system | on) - off - {"HasActivationRequired"})
        return replace(now, system=system, mark=mark, session=session)
    if how == "delete":
        return replace(
            now,
            objects={key: flags for key, flags in now.objects.items() if row != f"o:{key}"},
            fields={key: edit for key, edit in now.fields.items() if row != f"f:{key}"},
            access=frozenset(key for key in now.access if row != f"a:{key}"),
        )
    if "Field" in write.phase.name.title():
        return replace(now, fields={**now.fields, name or str(record["Field"]): bool(record[EDIT])})
    name = name or str(record["SobjectType"])
    flags = set(now.objects.get(name, frozenset()))
    flags |= {flag for flag, value in record.items() if value is True}
    flags -= {flag for flag, value in record.items() if value is False}
    return replace(now, objects={**now.objects, name: frozenset(flags)})


def _rights(of: Content) -> set[str]:
    """Everything that a content allows, as single rights."""
    rights = {f"{name} {flag}" for name, flags in of.objects.items() for flag in flags}
    rights |= {f"{name} {READ}" for name in of.fields} | {f"{name} {EDIT}" for name, edit in of.fields.items() if edit}
    return rights | set(of.system) | set(of.access)


@given(LIVE, CONTENTS)
def test_the_writes_end_at_what_is_declared(now: Content, wanted: Content) -> None:
    states = [now, *(step for _, step in steps(now, wanted))]
    assert states[-1] == wanted


@given(CONTENTS)
def test_what_is_right_already_is_left_alone(wanted: Content) -> None:
    assert not list(delta(kept(wanted), wanted))


@given(LIVE, CONTENTS)
def test_no_step_allows_what_was_neither_there_nor_declared(now: Content, wanted: Content) -> None:
    """A run that is killed between two writes leaves nothing that nobody wanted."""
    for _, step in steps(now, wanted):
        assert _rights(step) <= _rights(now) | _rights(wanted)


@given(LIVE, CONTENTS)
def test_what_is_too_much_goes_before_anything_comes(now: Content, wanted: Content) -> None:
    """When the first row widens, all that was too much has been taken away."""
    before = now
    for phase, step in steps(now, wanted):
        if phase > Phase.SET:
            assert _rights(before) <= _rights(wanted)
        before = step


@given(CONTENTS)
def test_a_new_permission_set_allows_nothing_until_it_is_complete(wanted: Content) -> None:
    record = new_set(ROLE, "Guestlist_Case_Triage", wanted, None)
    assert not [name for name in record if name.startswith("Permissions")]
    assert record["HasActivationRequired"] is wanted.session
    assert mark_of(str(record["Description"])) == ROLE
