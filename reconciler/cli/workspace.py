"""Putting the parts together: a repository, what it declares, connections to its targets, and the ledger's memory."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from git import Repo

from reconciler.cli.output import say
from reconciler.cli.watching import watched
from reconciler.credentials import OutsideCredentials
from reconciler.desired.calendar import Calendar
from reconciler.desired.history import History
from reconciler.desired.kinds import Schemas
from reconciler.desired.load import Declarations, load
from reconciler.desired.models import TargetSpec
from reconciler.desired.repository import open_repository
from reconciler.desired.resolve import resolve
from reconciler.desired.source import committed, dirty, worktree
from reconciler.discovery import connector_kinds
from reconciler.errors import CredentialError, GuestlistError, TargetError, Unauthorized
from reconciler.ledger import Ledger
from reconciler.model import Entitlements
from reconciler.plan.guard import Lift, LimitName
from reconciler.plan.plan import Narrowing
from reconciler.ports import Connector
from reconciler.survey import Question


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


def schemas() -> Schemas:
    """What every kind of target adds to the language of declarations."""
    return {name: kind.schema for name, kind in connector_kinds().items()}


@dataclass(frozen=True)
class Workspace:
    """One revision of one repository, loaded."""

    repo: Repo
    declarations: Declarations

    @classmethod
    def open(cls, repository: Path, *, directory: str, revision: str = "HEAD", on_disk: bool = False) -> "Workspace":
        """Load `revision`, or with `on_disk` the work tree; says when uncommitted changes are not looked at."""
        repo = open_repository(repository)
        if on_disk:
            source = worktree(repo, directory)
        else:
            source = committed(repo, revision, directory)
            if changed := dirty(repo, directory):
                names = ", ".join(changed[:3]) + (", …" if len(changed) > 3 else "")  # noqa: PLR2004 - enough to recognise
                say(f"note: {len(changed)} uncommitted changes are not looked at ({names})", style="yellow")
        with watched("loading", ["the declarations"]):
            return cls(repo, load(source, schemas()))

    @cached_property
    def asked(self) -> Entitlements:
        """What the declarations ask for."""
        with watched("resolving", ["the declarations"]):
            return resolve(self.declarations, schemas(), History(self.declarations.source, schemas()))

    @property
    def targets(self) -> Mapping[str, TargetSpec]:
        """The declared targets."""
        return self.declarations.settings.spec.targets

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of this repository."""
        return Ledger.open(self.repo)

    def narrowing(self, targets: tuple[str, ...], vendors: tuple[str, ...]) -> Narrowing:
        """What the command line narrows the run to; a name that nothing declares is an error."""
        for target in targets:
            if target not in self.targets:
                raise GuestlistError(f"no target is called {target}; there are: {', '.join(sorted(self.targets))}")
        known = {claim.vendor for claim in self.asked.claims} | set(self.declarations.vendors)
        for vendor in vendors:
            if vendor not in known:
                raise GuestlistError(f"no vendor is called {vendor}; there are: {', '.join(sorted(known)) or 'none'}")
        return Narrowing(tuple(sorted(set(targets))), tuple(sorted(set(vendors))))

    def question(self, at: datetime, narrowed: Narrowing) -> Question:
        """What is to be planned at the instant `at`; says when declarations are wrong."""
        if problems := self.declarations.problems:
            say(f"note: {len(problems)} problems in the declarations; `guestlist validate` lists them", style="yellow")
        remembered = self.ledger.recall(self.targets, at)
        for trouble in remembered.problems:
            say(f"note: {trouble}; until then the guards count everything", style="yellow")
        return Question(
            revision=self.declarations.revision if not self.declarations.source.worktree else "worktree",
            at=at,
            targets=self.targets,
            asked=self.asked,
            memory=remembered.memory,
            lifts=self._lifts(at),
            narrowed=narrowed,
        )

    def _lifts(self, at: datetime) -> tuple[Lift, ...]:
        calendar = Calendar(self.declarations.settings.spec.time_zone)
        return tuple(
            Lift(name, spec.target, LimitName(spec.limit), spec.max)
            for name, override in sorted(self.declarations.overrides.items())
            for spec in (override.spec,)
            if calendar.start(spec.from_) <= at < calendar.end(spec.until)
        )

    @contextmanager
    def connected(self, narrowed: Narrowing) -> Iterator[Mapping[str, Connector | TargetError]]:
        """A connection to each target in question, or the error that stands in its way; closed at the end."""
        credentials = OutsideCredentials(os.environ, Path(self.repo.working_tree_dir or self.repo.git_dir))
        connections: dict[str, Connector | TargetError] = {}
        with ExitStack() as stack:
            for name, spec in self.targets.items():
                if narrowed.targets and name not in narrowed.targets:
                    continue
                try:
                    connector = connector_kinds()[spec.connector].connect(name, spec, credentials)
                except CredentialError as error:
                    connections[name] = Unauthorized(str(error))
                else:
                    connections[name] = connector
                    stack.callback(connector.close)
            yield connections
