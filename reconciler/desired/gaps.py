"""What a human must still decide, where declarations were written from what is live: said, and held until then.

A person's name may be the word `undecided`, and a text may begin with `undecided:`. Both are valid, so that a
repository can be reviewed bit by bit; a grant that rests on one is in doubt, so that nothing is given or taken by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.desired.declared import Role, Vendor
from reconciler.desired.strict_yaml import Position, Problem

UNDECIDED = "undecided"
"""Stands where a person's name is due."""

UNDECIDED_TEXT = "undecided:"
"""Begins a text that somebody must still write."""

_STILL = "a human must still decide"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that nobody has decided: `what`, in a few words, and where it belongs."""

    what: str
    at: Position

    @property
    def problem(self) -> Problem:
        """As `validate` says it."""
        return Problem(self.at, f"{_STILL}: {self.what}")


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a vendor's file.

    Attributes:
        found: all of them.
        doubts: by position, why a grant cannot be relied on until the gaps that it rests on are filled.
        whole: the same of everything in the file, where nobody vouches for it or its contract is open.
    """

    found: tuple[Gap, ...]
    doubts: Mapping[int, Problem]
    whole: Problem | None

    def doubt(self, vendor: Vendor, principal: str, target: str) -> Problem | None:
        """Why nothing may be concluded about a principal's account from what its vendor does not declare."""
        resting = (
            self.doubts[position]
            for position, grant in enumerate(vendor.spec.grants)
            if position in self.doubts and grant.target == target and principal in grant.principals
        )
        return self.whole or next(resting, None)


def vendor_gaps(vendor: Vendor) -> Gaps:
    """What is undecided in a vendor's file. Owners of the relationship are said and hold nothing back."""
    owners = tuple(_owners(vendor))
    everywhere = tuple(_terms(vendor))
    people = {one.name: tuple(_principal(vendor, at)) for at, one in enumerate(vendor.spec.principals)}
    doubts: dict[int, Problem] = {}
    reasons: list[Gap] = []
    for position, grant in enumerate(vendor.spec.grants):
        own = tuple(_grant(vendor, position))
        reasons.extend(own)
        theirs = (gap for name in dict.fromkeys(grant.principals) for gap in people.get(name, ()))
        resting = (*everywhere, *theirs, *own)
        if resting:
            doubts[position] = _doubt(resting)
    found = (*everywhere, *owners, *(gap for one in people.values() for gap in one), *reasons)
    ordered = tuple(sorted(found, key=lambda gap: gap.at))
    return Gaps(ordered, doubts, _doubt(everywhere) if everywhere else None)


def role_gaps(roles: Iterable[Role]) -> Iterator[Gap]:
    """Roles that somebody must still look at: their title says so."""
    for role in roles:
        if role.title is not None and role.title.startswith(UNDECIDED_TEXT):
            what = f"the role {role.name}: {_rest(role.title)}"
            yield Gap(what, role.document.at(("metadata", "title")))


def _doubt(gaps: Sequence[Gap]) -> Problem:
    return Problem(gaps[0].at, f"{_STILL}: {', '.join(gap.what for gap in gaps)}")


def _terms(vendor: Vendor) -> Iterator[Gap]:
    spec = vendor.spec
    if vendor.title is not None and vendor.title.startswith(UNDECIDED_TEXT):
        yield Gap(f"vendor ({_rest(vendor.title)})", vendor.document.at(("metadata", "title")))
    if spec.sponsor.name == UNDECIDED:
        yield Gap("sponsor", vendor.position("sponsor", "name"))
    for word, text in (("id", spec.contract.id), ("scope", spec.contract.scope)):
        if text.startswith(UNDECIDED_TEXT):
            yield Gap(f"contract ({word})", vendor.position("contract", word))


def _owners(vendor: Vendor) -> Iterator[Gap]:
    owners = vendor.spec.owners
    for word, name in (("business", owners.business), ("technical", owners.technical)):
        if name == UNDECIDED:
            yield Gap(f"{word} owner", vendor.position("owners", word))


def _principal(vendor: Vendor, position: int) -> Iterator[Gap]:
    one, here = vendor.spec.principals[position], ("principals", position)
    if one.on_behalf_of == UNDECIDED:
        yield Gap(f"for whom {one.name} acts", vendor.position(*here, "onBehalfOf"))
    if one.owner == UNDECIDED:
        yield Gap(f"owner of {one.name}", vendor.position(*here, "owner"))
    proofing = one.proofing
    if proofing is not None and (proofing.by == UNDECIDED or proofing.evidence.startswith(UNDECIDED_TEXT)):
        yield Gap(f"proofing of {one.name}", vendor.position(*here, "proofing"))


def _grant(vendor: Vendor, position: int) -> Iterator[Gap]:
    grant = vendor.spec.grants[position]
    for word, text in (("reason", grant.reason), ("unscoped", grant.unscoped or "")):
        if text.startswith(UNDECIDED_TEXT):
            what = f"{word} of {grant.name}" + (f" ({_rest(text)})" if _rest(text) else "")
            yield Gap(what, vendor.position("grants", position, word))


def _rest(text: str) -> str:
    return text.removeprefix(UNDECIDED_TEXT).strip()
