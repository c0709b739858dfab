"""`guestlist validate`: whether the declarations can be used; needs no target and no credential."""

from pathlib import Path

import click
from rich.text import Text

from reconciler.cli import options
from reconciler.cli.output import emit
from reconciler.cli.workspace import Workspace
from reconciler.errors import DeclarationError, ExitCode
from reconciler.reports.markdown import escape
from reconciler.reports.shapes import ProblemShape, ValidateShape


@click.command(name="validate", short_help="Check the declarations; needs no target.")
@options.repository
@options.directory
@options.revision
@options.worktree
@options.output_format
@options.out
def command(*, repository: Path, directory: str, revision: str, worktree: bool, format_: str, out: Path | None) -> int:
    """Check every declaration: all errors of all files, each with file, line and column.

    Needs no target and no credential. Lists also what a human must still decide (gaps of an import): no error, but
    what rests on it is held. Exits with 1 when anything is wrong.
    """
    result = _validated(repository, directory, revision, worktree=worktree)
    match format_:
        case "json":
            emit(result.json_text(), out)
        case "markdown":
            emit(_markdown(result), out)
        case _:
            emit(_text(result), out)
    return ExitCode.OK if result.valid else ExitCode.ERROR


def _validated(repository: Path, directory: str, revision: str, *, worktree: bool) -> ValidateShape:
    try:
        workspace = Workspace.open(repository, directory=directory, revision=revision, on_disk=worktree)
    except DeclarationError as error:
        problems = [ProblemShape(at=at, text=text) for at, _, text in (one.partition(": ") for one in error.problems)]
        problems = problems or [ProblemShape(at=directory, text=str(error))]
        return ValidateShape(revision="", valid=False, documents={}, problems=problems)
    declarations = workspace.declarations
    problems = [ProblemShape(at=str(problem.at), text=problem.text) for problem in declarations.problems]
    problems += [
        ProblemShape(at=claim.at, text=claim.refused.text)
        for claim in workspace.asked.claims
        if claim.refused is not None
    ]
    return ValidateShape(
        revision=declarations.revision,
        valid=not problems,
        documents={
            "people": len(declarations.people),
            "roles": len(declarations.roles),
            "vendors": len(declarations.vendors),
            "overrides": len(declarations.overrides),
            "data": len(declarations.data),
        },
        problems=problems,
        gaps=[ProblemShape(at=str(gap.at), text=gap.text) for gap in declarations.gaps],
    )


def _verdict(result: ValidateShape) -> str:
    gaps = f" {len(result.gaps)} gaps to fill." if result.gaps else ""
    if result.valid:
        counts = ", ".join(f"{count} {kind}" for kind, count in result.documents.items() if count)
        return f"The declarations are valid: {counts or 'settings only'}.{gaps}"
    number = len(result.problems)
    return f"{number} {'problem' if number == 1 else 'problems'}.{gaps}"


def _text(result: ValidateShape) -> Text:
    out = Text()
    for problem in result.problems:
        out.append(problem.at, "bold").append(f": {problem.text}\n")
    for gap in result.gaps:
        out.append(gap.at, "bold").append(f": {gap.text}\n", "yellow")
    return out.append(_verdict(result) + "\n", "green" if result.valid else "red")


def _markdown(result: ValidateShape) -> str:
    lines = [f"### guestlist validate: {escape(_verdict(result))}", ""]
    lines += [f"- `{problem.at.replace('`', ' ')}`: {escape(problem.text)}" for problem in result.problems]
    lines += [f"- `{gap.at.replace('`', ' ')}`: {escape(gap.text)}" for gap in result.gaps]
    return "\n".join(lines) + "\n"
