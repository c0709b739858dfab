"""A whole repository of declarations, with everything that is wrong in it, in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import cast

from reconciler.desired.compiling import Compiler
from reconciler.desired.declared import (
    AnyDeclared,
    Broken,
    DataLabel,
    Override,
    Person,
    Role,
    Settings,
    Vendor,
    in_order,
)
from reconciler.desired.documents import read
from reconciler.desired.gaps import role_gaps, vendor_gaps
from reconciler.desired.granting import check_accounts, check_grants
from reconciler.desired.kinds import Schemas
from reconciler.desired.labelling import check_labels, check_roles, labels_of
from reconciler.desired.layout import FOLDERS, SETTINGS_FILE, Kind, kind_of
from reconciler.desired.references import Registry, check_override, check_settings, check_vendor, registry
from reconciler.desired.source import File, Source
from reconciler.desired.strict_yaml import Position, Problem
from reconciler.errors import DeclarationError


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything that one revision declares, checked as far as the repository alone can say.

    Attributes:
        source: where it was read from; `revision` is its commit.
        vendors: those that can be relied on; the others are in `broken`.
        broken: files that cannot be used. They hold back their own bindings only.
        data: the files of labels that can be read.
        doubts: by vendor and position of the grant, why a single grant cannot be relied on.
        problems: everything that is wrong, of all files, in the order of files and lines.
        gaps: what a human must still decide, in the same order; no problems, but what rests on them is in doubt.
        known: what can be named.
        compiler: what granted roles mean in the targets' own words.
    """

    source: Source
    settings: Settings
    people: Mapping[str, Person]
    roles: Mapping[str, Role]
    vendors: Mapping[str, Vendor]
    overrides: Mapping[str, Override]
    data: Mapping[str, DataLabel]
    broken: tuple[Broken, ...]
    doubts: Mapping[str, Mapping[int, Problem]]
    problems: tuple[Problem, ...]
    gaps: tuple[Problem, ...]
    known: Registry = field(compare=False, repr=False)
    compiler: Compiler = field(compare=False, repr=False)

    @property
    def revision(self) -> str:
        """The commit; for a work tree the one it stands on."""
        return self.source.revision


def load(source: Source, schemas: Schemas) -> Declarations:
    """Everything that `source` declares.

    Raises:
        DeclarationError: there are no Settings, or they are broken: then nothing can be done. Carries all problems.
    """
    found, broken = read_all(source, schemas)
    settings = next(iter(found[Kind.SETTINGS].values()), None)
    if settings is None:
        raise _no_settings(source, broken)
    people = cast("dict[str, Person]", found[Kind.PERSON])
    roles: dict[str, Role] = found[Kind.ROLE]
    vendors = cast("dict[str, Vendor]", found[Kind.VENDOR])
    overrides = cast("dict[str, Override]", found[Kind.OVERRIDE])
    data = cast("dict[str, DataLabel]", found[Kind.DATA_LABEL])
    known = registry(cast("Settings", settings), people, roles, tuple(broken), schemas)
    compiler = Compiler(cast("Settings", settings), roles, schemas)

    problems = [problem for one in broken for problem in one.problems]
    names = (*vendors, *(one.name for one in broken if one.kind is Kind.VENDOR and one.name))
    problems.extend(check_settings(cast("Settings", settings), tuple(sorted(names))))
    problems.extend(check_labels(data.values()))
    problems.extend(check_roles(roles.values(), labels_of(data.values()), schemas))
    gaps = [gap.problem for gap in role_gaps(roles.values())]
    doubts: dict[str, Mapping[int, Problem]] = {}
    for name, vendor in list(vendors.items()):
        verdict = check_vendor(vendor, known)
        problems.extend(verdict.notes)
        if verdict.fatal:
            broken.append(Broken(Kind.VENDOR, name, vendor.file, verdict.fatal))
            del vendors[name]
            continue
        granted = check_grants(vendor, roles, compiler, verdict.doubts)
        problems.extend((*granted.notes, *check_accounts(vendor, known.accounts)))
        undecided = vendor_gaps(vendor)
        gaps.extend(gap.problem for gap in undecided.found)
        if found_doubts := {**undecided.doubts, **granted.doubts, **verdict.doubts}:
            doubts[name] = found_doubts
    for name, override in list(overrides.items()):
        wrong = check_override(override, known)
        if wrong:
            problems.extend(wrong)
            broken.append(Broken(Kind.OVERRIDE, name, override.file, wrong))
            del overrides[name]
    return Declarations(
        source=source,
        settings=cast("Settings", settings),
        people=people,
        roles=roles,
        vendors=vendors,
        overrides=overrides,
        data=data,
        broken=tuple(broken),
        doubts=doubts,
        problems=in_order(problems),
        gaps=in_order(gaps),
        known=known,
        compiler=compiler,
    )


def read_all(
    source: Source, schemas: Schemas, kinds: frozenset[Kind] = frozenset(Kind)
) -> tuple[dict[Kind, dict[str, AnyDeclared]], list[Broken]]:
    """Every file of the given kinds, read and validated alone, by kind and name; and those that cannot be used."""
    found: dict[Kind, dict[str, AnyDeclared]] = {kind: {} for kind in Kind}
    broken = [_unusable(source, problem.at.file, problem.text) for problem in source.problems]
    places: list[tuple[File, Kind]] = []
    for file in source.files:
        kind = kind_of(source.below(file.path))
        if not isinstance(kind, Kind):
            broken.append(_unusable(source, file.path, kind))
        elif kind in kinds:
            places.append((file, kind))
    contents = source.read(file for file, _ in places)
    for (_, kind), (file, data) in zip(places, contents, strict=True):
        name = PurePosixPath(file.path).stem
        result = read(file, data, kind, schemas)
        if isinstance(result, tuple):
            broken.append(Broken(kind, name, file.path, result))
        else:
            found[kind][name] = result
    return found, broken


def _unusable(source: Source, path: str, text: str) -> Broken:
    """A file whose place or nature already forbids it to be a declaration."""
    below = PurePosixPath(source.below(path))
    kind = FOLDERS.get(below.parts[0]) if below.parts else None
    if str(below) == SETTINGS_FILE:
        kind = Kind.SETTINGS
    name = "" if len(below.parts) < 2 else below.stem  # noqa: PLR2004 -- the folder itself
    return Broken(kind, name, path, (Problem(Position(path, 1, 1), text),))


def _no_settings(source: Source, broken: list[Broken]) -> DeclarationError:
    problems = in_order([problem for one in broken for problem in one.problems])
    file = source.path(SETTINGS_FILE)
    where = "the work tree" if source.worktree else f"revision {source.revision[:12]}"
    if any(one.kind is Kind.SETTINGS for one in broken):
        text = f"{file} of {where} cannot be used, and nothing goes without Settings: mend it"
    else:
        text = (
            f"{where} has no {file}, and nothing goes without Settings: write it (`guestlist init` does), and commit it"
        )
    return DeclarationError(
        text + (", and the other problems too." if len(problems) > 1 else "."), tuple(map(str, problems))
    )
