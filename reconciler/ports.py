"""The seams: what a connector must do, and what it may rely on.

A connector is one package below `connectors`. Its `__init__` exposes `CONNECTOR`, a `ConnectorKind`; nothing outside
the folder names it. Everything it gives and takes is in `reconciler.model` and `reconciler.plan.changes`; errors are
those of `reconciler.errors` (`TargetError` and below).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from reconciler.desired.kinds import TargetSchema
from reconciler.desired.models import Reference, TargetSpec
from reconciler.model import AccountKey, Live, Native, Scope
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
    """

    declared: frozenset[AccountKey] = frozenset()
    governed: frozenset[str] = frozenset()
    natives: frozenset[Native] = frozenset()
    scoped: frozenset[tuple[Native, Scope]] = frozenset()
    labelled: frozenset[str] = frozenset()


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
