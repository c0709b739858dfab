"""The published shapes of what the command says in JSON; the schemas below `schemas/` are generated from them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="UTC, to the second.")]


class Shape(BaseModel):
    """One JSON object of a report; its keys are camelCase."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    def json_text(self) -> str:
        """The object as people and programs read it: indented, one trailing newline."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


class ReasonShape(Shape):
    """Why: a code of the vocabulary, a sentence, and `file:line` where a declaration decides."""

    code: str
    text: str
    at: str | None = None


class WordsShape(Shape):
    """What a definition allows more and less than before, a readable line each."""

    added: list[str]
    removed: list[str]


class DefinitionShape(Shape):
    """How the definition of a role changes; `text` is the target's own language, where it was asked for."""

    words: WordsShape
    text: str | None = None


class ChangeShape(Shape):
    """One change. `status` says whether a run would write it, a guard stops it, or its target is only observed.

    `before` and `after` hold what is compared: of an account its attributes by name, of a binding its end.
    """

    id: str
    action: Literal["grant", "revoke", "set-end", "create", "update", "delete", "enable", "disable"]
    kind: Literal["binding", "account", "role"]
    status: Literal["planned", "blocked", "observed"]
    target: str
    vendor: str | None
    principal: str | None
    account: str | None
    account_id: str | None
    role: str | None
    native: dict[str, str]
    scope: dict[str, list[str]]
    until: Instant | None
    grant: str | None
    reason: ReasonShape
    reasons: list[ReasonShape]
    risk: list[str]
    before: dict[str, str | bool | None] | None
    after: dict[str, str | bool | None] | None
    definition: DefinitionShape | None = None


class RefusedShape(Shape):
    """Something declared that is not given, and why."""

    grant: str
    vendor: str
    principal: str
    target: str
    role: str
    reason: ReasonShape


class HeldShape(Shape):
    """Something left exactly as it is, because it is in doubt."""

    target: str
    vendor: str | None
    principal: str | None
    account: str | None
    role: str | None
    reason: ReasonShape


class PopulationShape(Shape):
    """How much guestlist answers for in a target."""

    accounts: int
    bindings: int


class TargetShape(Shape):
    """A target as this run saw it; `notes` say what it lacks or cannot show, and are no doubt about the rest."""

    name: str
    kind: str
    mode: Literal["observe", "enforce"]
    complete: bool
    population: PopulationShape
    notes: list[str] = []


class GuardShape(Shape):
    """One limit of one target over 24 hours; past it, nothing that it counts is written."""

    target: str
    limit: Literal["grants", "revocations", "disabled"]
    allowed: int
    found: int
    exceeded: bool
    override: str | None


class NarrowedShape(Shape):
    """What the run was narrowed to."""

    targets: list[str]
    vendors: list[str]


class PlanShape(Shape):
    """What a run would change."""

    format: Literal["guestlist.plan/v1"] = "guestlist.plan/v1"
    digest: Digest
    revision: str
    at: Instant
    summary: dict[str, int]
    changes: list[ChangeShape]
    refused: list[RefusedShape]
    held: list[HeldShape]
    targets: list[TargetShape]
    guard: list[GuardShape]
    narrowed_to: NarrowedShape | None


class OutcomeShape(Shape):
    """What became of one change."""

    id: str
    status: Literal["done", "already", "failed", "blocked", "observed"]
    text: str


class VerifiedShape(Shape):
    """What a second look found: whether the target is as planned, and what is still different or left over."""

    target: str
    clean: bool
    left: list[str]


class ApplyShape(Shape):
    """What a run changed, and what a second look at the targets found."""

    format: Literal["guestlist.apply/v1"] = "guestlist.apply/v1"
    run: str | None
    plan: PlanShape
    outcomes: list[OutcomeShape]
    verified: list[VerifiedShape]


class ProblemShape(Shape):
    """One thing that is wrong in a declaration."""

    at: str
    text: str


class ValidateShape(Shape):
    """Whether the declarations of a revision can be used."""

    format: Literal["guestlist.validate/v1"] = "guestlist.validate/v1"
    revision: str
    valid: bool
    documents: dict[str, int]
    problems: list[ProblemShape]
    gaps: list[ProblemShape] = []


class CauseShape(Shape):
    """A grant that speaks of a binding, and how it was judged."""

    grant: str
    at: str
    sponsor: str
    verdict: Literal["admitted", "lapsed", "unknown"]
    reasons: list[ReasonShape]
    until: Instant
    why: str
    ticket: str | None


class RiskShape(Shape):
    """Something dangerous that a role really allows: our word, the target's permission, and by which path."""

    flag: str
    permission: str
    via: str
    high: bool


class ExposureShape(Shape):
    """A labelled object or field that a role really shows, and by which path."""

    item: str
    via: str


class BindingShape(Shape):
    """One binding, live or declared or both.

    `takenAway` is how often guestlist has taken it away in the last 30 days.
    """

    target: str
    account: str
    vendor: str | None
    principal: str | None
    role: str | None
    native: dict[str, str]
    live: bool
    until: Instant | None
    verdict: list[ReasonShape]
    grants: list[CauseShape]
    scope: dict[str, list[str]] = {}
    risks: list[RiskShape] = []
    exposures: list[ExposureShape] = []
    taken_away: int = 0


class ExplainShape(Shape):
    """Why the bindings that a name stands for are as they are."""

    format: Literal["guestlist.explain/v1"] = "guestlist.explain/v1"
    query: str
    revision: str
    at: Instant
    bindings: list[BindingShape]
    held: list[HeldShape]


class FindingShape(Shape):
    """One line of a diagnosis; `ok` is null for a plain fact."""

    topic: str
    ok: bool | None
    text: str


class DiagnosisShape(Shape):
    """What was found out about one target, or about the repository."""

    name: str
    findings: list[FindingShape]


class DoctorShape(Shape):
    """Whether guestlist can do its work here."""

    format: Literal["guestlist.doctor/v1"] = "guestlist.doctor/v1"
    subjects: list[DiagnosisShape]


class ErrorShape(Shape):
    """What is said instead of a result."""

    format: Literal["guestlist.error/v1"] = "guestlist.error/v1"
    error: str
    problems: list[str]


class FileShape(Shape):
    """A file of declarations that was written, and how much of it a human must still decide."""

    path: str
    kind: str
    accounts: int
    bindings: int
    gaps: int


class LeftShape(Shape):
    """Something live that could not be written down, and why; `native` is empty where it is the account itself."""

    target: str
    account: str
    native: str
    text: str


class ImportShape(Shape):
    """What was written down of some targets; `live` are the bindings of accounts that nobody had declared."""

    format: Literal["guestlist.import/v1"] = "guestlist.import/v1"
    targets: list[str]
    folder: str
    files: list[FileShape]
    left: list[LeftShape]
    live: int
    written: int
    declared: int


RESULTS: dict[str, type[Shape]] = {
    "plan": PlanShape,
    "apply": ApplyShape,
    "validate": ValidateShape,
    "explain": ExplainShape,
    "doctor": DoctorShape,
    "import": ImportShape,
    "error": ErrorShape,
}
"""The shapes that commands print, by the name of their schema file."""
