"""The seams: what a connector must do, and what it may rely on.

A connector is one package below `connectors`. Its `__init__` exposes `CONNECTOR`, a `ConnectorKind`; nothing outside
the folder names it. Everything it gives and takes is in `reconciler.model` and `reconciler.plan.changes`; errors are
those of `reconciler.errors` (`TargetError` and below).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from reconciler.desired.kinds import TargetSchema
from reconciler.desired.models import Reference, TargetSpec
from reconciler.model import AccountKey, Definition, Live, Native, Scope
from reconciler.plan.changes import AnyChange


class OutcomeStatus(StrEnum):
    """How the writing of one change ended."""

    DONE = "done"
    ALREADY = "already"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change; `text` says why where it is not plain."""

    change: AnyChange
    status: OutcomeStatus
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a connector looks for besides what its population's predicates select.

    Attributes:
        declared: the keys that declarations name accounts by; an account found by one that the predicates do not select
            is reported with `inside=False`, unless it is in `governed`.
        governed: stable ids of accounts that guestlist answered for before; they stay in the population.
        natives: what declared roles name and do not define, so that a missing one is noticed before it is granted.
        scoped: what is to be given within which scope, so that the target can say what stands in its way, and which
            records a pattern means now.
        labelled: objects and fields that carry a label (`Case`, `Case.SSN__c`): who shows them is to be found out.
        definitions: what declared grants would define, so that the target can say what of it means more there.
    """

    declared: frozenset[AccountKey] = frozenset()
    governed: frozenset[str] = frozenset()
    natives: frozenset[Native] = frozenset()
    scoped: frozenset[tuple[Native, Scope]] = frozenset()
    labelled: frozenset[str] = frozenset()
    definitions: frozenset[Definition] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a diagnosis. `ok` is None for a plain fact, False for what needs somebody's attention."""

    topic: str
    ok: bool | None
    text: str


class Credentials(Protocol):
    """Gives what a `Reference` points at, from outside the repository."""

    def text(self, reference: Reference) -> str:
        """The referenced value; CredentialError when it is not there."""

    def path(self, reference: Reference) -> Path:
        """The referenced file, for libraries that want a path."""


class Connector(Protocol):
    """A connection to one target. Made by `ConnectorKind.connect`; holds one session for the whole run."""

    def observe(self, sought: Sought) -> Live:
        """Read everything of the population, in as few calls as the target allows; changes nothing.

        What could not be read completely is named in `Live.gaps`, or raised as a TargetError when nothing could.
        """

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """Write the changes (all of one stage), batched; one outcome for each, in any order, as they are known.

        A failure of one is its outcome and stops no other. A change that the target already shows is `already`.
        """

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        """What is left of the given closed accounts: sessions, tokens, leases, a sentence each. Empty is the proof."""

    def diagnose(self) -> Sequence[Finding]:
        """Who we are there, whether our rights suffice and are not too many, and what the target cannot do."""

    def close(self) -> None:
        """End the session, where it was ours to begin."""


class ConnectorKind(Protocol):
    """A kind of target: what its declarations look like, how they compile, and how to connect."""

    @property
    def schema(self) -> TargetSchema:
        """The declarations' part: models of the target's settings and of its roles, account keys, and compilation."""

    def connect(self, name: str, spec: TargetSpec, credentials: Credentials) -> Connector:
        """A connection to the target called `name`; no call is made yet. CredentialError when one is missing."""

    def least_rights(self, spec: TargetSpec) -> str:
        """The smallest rights that guestlist needs there, in the target's own language, from what its actions need."""


@dataclass(frozen=True, slots=True, order=True)
class Learned:
    """Something in a target that whoever held a role could learn or be given, and that taking the role away leaves.

    Attributes:
        kind: what it is to the target: `kv`, `database`, `pki`.
        name: what it is called there.
        advice: what its owner does about it, as an order to a person.
        within: in how many days that is to be done.
        rotates: whether guestlist may and can replace it there by itself, without learning it.
    """

    kind: str
    name: str
    advice: str
    within: int
    rotates: bool = False


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of one thing that was to be replaced; `text` says why where it failed."""

    item: Learned
    done: bool
    text: str = ""


@runtime_checkable
class KeepsSecrets(Protocol):
    """A kind of target whose roles let people learn what outlives the role."""

    def learned(self, role: BaseModel, target: TargetSpec) -> Sequence[Learned]:
        """What whoever held the role, as it was declared, could learn. Pure."""


@runtime_checkable
class ReplacesSecrets(Protocol):
    """A connection to a target that keeps secrets."""

    def valid(self, items: Sequence[Learned]) -> Sequence[str]:
        """What was handed out of `items` and is still valid, a sentence each, whoever it was handed to.

        What cannot be looked at is a sentence too.
        """

    def rotate(self, items: Sequence[Learned]) -> Iterator[Rotated]:
        """Replace each of `items` that says `rotates`; one failure stops no other."""


@runtime_checkable
class ShowsLeases(Protocol):
    """A connection to a target that hands out what may outlive the right to ask for it."""

    def outliving(self, changes: Sequence[AnyChange]) -> Sequence[str]:
        """What was handed out by what `changes` take away and is still valid, a sentence each; changes nothing.

        Asked after `observe`, of the changes that were planned from it. What cannot be looked at is a sentence too.
        """


@dataclass(frozen=True, slots=True)
class AdoptedAccount:
    """A live account in the words of declarations.

    Attributes:
        declared: its entry in a principal's `accounts`; None where the kind's default names it.
        email: the person's, where the target knows it.
        title: the full name, likewise.
        kind: `human`, `persona` or `automation`, as far as the target tells them apart.
        vendor_hint: the vendor's name, where the target says it; else the e-mail's domain does.
        name_hint: the principal's name, where the target says it; else the e-mail does, or the account's name.
    """

    declared: str | Mapping[str, str] | None
    email: str | None = None
    title: str | None = None
    kind: Literal["human", "persona", "automation"] = "human"
    vendor_hint: str | None = None
    name_hint: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptedRole:
    """What a live native allows, as a Role would declare it.

    Attributes:
        name: the role's; natives that mean the same role for different people share it and its `spec`.
        spec: the Role's `spec`, in plain values. Compiled for the adopted principals it is the native again.
        review: what somebody must look at before it is relied on, or None.
    """

    name: str
    spec: Mapping[str, object]
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """A live population in the words of declarations. What cannot be said in them is absent, and will be said so.

    Attributes:
        accounts: by account id.
        roles: by native.
        labels: what objects and fields are, where the target itself says it: `{"Case.SSN__c": {"tier": "restricted",
            "classes": ["pii"]}}`, in plain values.
    """

    accounts: Mapping[str, AdoptedAccount]
    roles: Mapping[Native, AdoptedRole]
    labels: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@runtime_checkable
class Adopts(Protocol):
    """A connection to a target whose population can be written down as declarations."""

    def adopt(self, live: Live) -> Adoption:
        """`live`, just observed, in the words of declarations; reads at most what observing has not, writes nothing."""


class SandboxPart(Protocol):
    """What stands in for one kind of target on this machine; `connectors.NAME.sandbox.SANDBOX`, where it has one."""

    def start(
        self,
        directory: Path,
        *,
        seed: str,
        accounts: int = 0,
        certificates: "Certificates",
        rights: str,
        spawned: Callable[[int], None] = lambda _: None,
    ) -> "Started":
        """Start it on a free loopback port and return when it answers; nothing is left running when it fails.

        Args:
            directory: For its own files; it exists, and is empty.
            seed: `demo`, `empty`, or the path of a file in the format of one kind of target, which describes what is
                live there; what stands in for another kind starts as with `empty`.
            accounts: Outsiders' accounts to make up besides, the same each time for the same number and seed; nothing
                to what has no use for many.
            certificates: What to be trusted by.
            rights: What guestlist's own identity there may do, as `ConnectorKind.least_rights` says it.
            spawned: Is told the number of the process the moment that there is one, so that whoever is killed while it
                starts can still be cleaned up after.
        """


@dataclass(frozen=True, slots=True)
class Certificates:
    """The sandbox's throw-away authority, as PEM files: its CA, and a server on localhost and 127.0.0.1."""

    ca: Path
    ca_key: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Started:
    """A part of the sandbox that answers.

    Attributes:
        pid: the process to end.
        facts: what `sandbox.json` says of it.
        environment: the `GUESTLIST_…` variables that the example's Settings read.
    """

    pid: int
    facts: Mapping[str, str | int]
    environment: Mapping[str, str]


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, with its offset."""
