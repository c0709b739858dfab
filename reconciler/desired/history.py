"""What files of declarations said before: their versions in the first-parent history, newest first, read on demand."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from reconciler.desired.declared import AnyDeclared, DataLabel, Person, Role, Settings, Vendor
from reconciler.desired.documents import read
from reconciler.desired.kinds import Schemas
from reconciler.desired.layout import Kind
from reconciler.desired.load import read_all
from reconciler.desired.references import Registry, check_vendor, registry
from reconciler.desired.repository import read_blobs, run_git
from reconciler.desired.source import File, Source, committed

_PAGE = 256
_LINK = "120000"


@dataclass(frozen=True, slots=True)
class Version:
    """What one commit made of a file.

    Attributes:
        age: how many commits that touched declarations came after it; the greater, the older.
        sha: the content's blob id; None where the commit removed the file (or put a link in its place).
    """

    age: int
    commit: str
    sha: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """A vendor's file as it once was."""

    vendor: Vendor
    commit: str


class History:
    """The first-parent history of the commit that a source was read from (of HEAD for a work tree).

    The log is read page by page and only as far back as somebody asks; it knows the whole desired-state folder, so
    that many broken files cost one walk.
    """

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas
        self._versions: dict[str, list[Version]] = {}
        self._last = source.revision
        self._age = 0
        self._whole = not source.revision
        self._read_before: dict[tuple[str, str], AnyDeclared | None] = {}
        self._expected: frozenset[str] = frozenset()
        self._contents: dict[str, bytes] = {}
        self._registries: dict[str, Registry | None] = {}

    def expect(self, paths: Iterable[str]) -> None:
        """Says which files will be asked about, so that their contents can be read together."""
        self._expected = frozenset(paths)

    def versions(self, path: str) -> Iterator[Version]:
        """Every version of a file (relative to the repository's root), newest first."""
        position = 0
        while True:
            known = self._versions.get(path, [])
            if position < len(known):
                yield known[position]
                position += 1
            elif self._whole:
                return
            else:
                self._read_page()

    def vendor(self, path: str, known: Registry, accept: Callable[[Vendor], bool] = lambda _: True) -> Past | None:
        """The last valid version of a vendor's file that `accept` takes.

        Valid is what parses, validates, and names only what is declared now or was when it was committed.
        """
        for version in self.versions(path):
            vendor = cast("Vendor | None", self._read(path, version, Kind.VENDOR))
            if vendor is not None and accept(vendor) and self._resolves(vendor, version.commit, known):
                return Past(vendor, version.commit)
        return None

    def vendors(self, path: str) -> Iterator[Past]:
        """Every version of a vendor's file that validates by itself, newest first, whatever it names."""
        for version in self.versions(path):
            vendor = cast("Vendor | None", self._read(path, version, Kind.VENDOR))
            if vendor is not None:
                yield Past(vendor, version.commit)

    def roles(self, path: str) -> Iterator[Role]:
        """Every version of a role's file that validates, newest first."""
        for version in self.versions(path):
            role = self._read(path, version, Kind.ROLE)
            if role is not None:
                yield role

    def role(self, path: str) -> Role | None:
        """The last valid version of a role's file."""
        return self._last_valid(path, Kind.ROLE)

    def data_label(self, path: str) -> DataLabel | None:
        """The last valid version of a file of labels."""
        return cast("DataLabel | None", self._last_valid(path, Kind.DATA_LABEL))

    def age(self, path: str, holds: Callable[[Vendor], bool]) -> int:
        """For how many commits `holds` has been true of a vendor's file without interruption; -1 when of none.

        A version that cannot be read interrupts nothing.
        """
        age = -1
        for version in self.versions(path):
            vendor = cast("Vendor | None", self._read(path, version, Kind.VENDOR))
            if version.sha is None or (vendor is not None and not holds(vendor)):
                break
            if vendor is not None:
                age = version.age
        return age

    def _last_valid(self, path: str, kind: Kind) -> AnyDeclared | None:
        found = (self._read(path, version, kind) for version in self.versions(path))
        return next((one for one in found if one is not None), None)

    def _read(self, path: str, version: Version, kind: Kind) -> AnyDeclared | None:
        if version.sha is None:
            return None
        if (path, version.sha) not in self._read_before:
            data = self._data(path, version.sha)
            result = read(File(path, version.sha, len(data)), data, kind, self._schemas)
            self._read_before[path, version.sha] = None if isinstance(result, tuple) else result
        return self._read_before[path, version.sha]

    def _data(self, path: str, sha: str) -> bytes:
        """A version's content; the equally old versions of all expected files come with it, in one command."""
        if sha not in self._contents:
            depth = next(at for at, one in enumerate(self._versions[path]) if one.sha == sha)
            known = (self._versions.get(other, [])[depth : depth + 1] for other in self._expected)
            wanted = {one.sha for found in known for one in found if one.sha} - set(self._contents) | {sha}
            batch = sorted(wanted)
            self._contents.update(zip(batch, read_blobs(self._source.repo, batch), strict=True))
        return self._contents[sha]

    def _resolves(self, vendor: Vendor, commit: str, known: Registry) -> bool:
        if not check_vendor(vendor, known).fatal:
            return True
        then = self._registry(commit)
        return then is not None and not check_vendor(vendor, then).fatal

    def _registry(self, commit: str) -> Registry | None:
        """What could be named at a commit; None when its Settings were broken."""
        if commit not in self._registries:
            source = committed(self._source.repo, commit, self._source.directory)
            found, broken = read_all(source, self._schemas, frozenset({Kind.SETTINGS, Kind.PERSON, Kind.ROLE}))
            settings = cast("Settings | None", next(iter(found[Kind.SETTINGS].values()), None))
            people, roles = found[Kind.PERSON], found[Kind.ROLE]
            self._registries[commit] = (
                None
                if settings is None
                else registry(settings, cast("dict[str, Person]", people), roles, tuple(broken), self._schemas)
            )
        return self._registries[commit]

    def _read_page(self) -> None:
        options = ("--first-parent", "-m", "--root", "--raw", "--no-abbrev", "--no-renames", "--format=commit %H")
        skip = "--skip=1" if self._age else "--skip=0"
        folder = ("--", self._source.directory) if self._source.directory else ("--",)
        log = run_git(self._source.repo, "log", *options, f"--max-count={_PAGE}", skip, self._last, *folder)
        commits = 0
        for line in log.decode(errors="backslashreplace").splitlines():
            if line.startswith("commit "):
                self._last = line.removeprefix("commit ")
                commits += 1
                self._age += 1
            elif line.startswith(":"):
                facts, _, path = line.partition("\t")
                _, mode, _, sha, _ = facts.split()
                gone = not sha.strip("0") or mode == _LINK
                version = Version(self._age, self._last, None if gone else sha)
                self._versions.setdefault(path, []).append(version)
        self._whole = commits < _PAGE
