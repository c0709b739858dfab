"""`guestlist import`: write down what is live as declarations, with a marked gap where a human must decide."""

from pathlib import Path

import click
from rich.text import Text

from reconciler.adopt.adopt import Setting, adopt
from reconciler.adopt.drafts import Adopted
from reconciler.adopt.part import Seen
from reconciler.cli import options
from reconciler.cli.output import emit, say
from reconciler.cli.watching import Progress, watched
from reconciler.cli.workspace import SystemClock, Workspace, schemas
from reconciler.errors import ExitCode, GuestlistError, TargetError, Unreadable
from reconciler.ports import Adopts, Connector
from reconciler.reports.markdown import escape
from reconciler.reports.shapes import FileShape, ImportShape, LeftShape
from reconciler.survey import Question, sought

_SCHEMA_FOLDERS = ((".schemas", "../.schemas"), ("../schemas", "../../schemas"))
"""Where JSON Schemas may be, from the folder of declarations, and what that is from a file in one of its folders."""


@click.command(name="import", short_help="Write what is live as declarations, to be reviewed.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    required=True,
    help="The target whose population is written down; may be repeated, so that one person is one principal.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to (default: the declarations' own). Nothing that exists is overwritten.",
)
@options.repository
@options.directory
@options.output_format
@options.out
def command(
    *, targets: tuple[str, ...], to: Path | None, repository: Path, directory: str, format_: str, out: Path | None
) -> int:
    """Write everybody and everything in a target that nobody declares as declarations, in files to be reviewed.

    A vendor's file for each group of accounts, a role for everything that they hold, and labels of data where the
    target has them. What is declared already, as the files stand on disk, is left out; no file is overwritten.

    Who vouches, under which contract, why, and who proofed whom is a human's to decide: it is written as `undecided`,
    and until somebody fills it in, what rests on it is held. `guestlist validate` lists these gaps. Access that has no
    end in the target gets one in 90 days, to be decided with the reason.

    Changes nothing in the target. Exits with 4 when something live could not be written down.
    """
    workspace = Workspace.open(repository, directory=directory, on_disk=True)
    narrowed = workspace.narrowing(targets, ())
    folder = _folder(workspace, directory) if to is None else to
    question = workspace.question(SystemClock().now(), narrowed)
    with workspace.connected(narrowed) as connections, watched("reading", narrowed.targets) as progress:
        seen = [_seen(question, name, connections[name], progress) for name in dict.fromkeys(targets)]
    adopted = adopt(
        Setting(
            declarations=workspace.declarations,
            asked=workspace.asked,
            schemas=schemas(),
            now=question.at,
            exists=_existing(folder),
            editor=next(
                (link for place, link in _SCHEMA_FOLDERS if (folder / place / "vendor.schema.json").is_file()), None
            ),
        ),
        seen,
    )
    _write(folder, adopted)
    result = _shape([one.target for one in seen], folder, adopted)
    match format_:
        case "json":
            emit(result.json_text(), out)
        case "markdown":
            emit(_markdown(result), out)
        case _:
            emit(_text(result), out)
    if result.files:
        say("Next: review the files, fill the gaps that `guestlist validate --worktree` lists, and commit.")
    return ExitCode.HELD if result.left else ExitCode.OK


def _folder(workspace: Workspace, directory: str) -> Path:
    root = workspace.repo.working_tree_dir
    if root is None:
        raise GuestlistError("the repository is bare and has no work tree: say with --to where to write")
    return Path(root) / directory


def _seen(question: Question, target: str, connector: Connector | TargetError, progress: Progress) -> Seen:
    """What is live in a target, in the words of declarations; TargetError where it could not be read completely."""
    if isinstance(connector, TargetError):
        raise connector
    if not isinstance(connector, Adopts):
        raise GuestlistError(f"what is live in {target} cannot be written as declarations: its kind does not say how")
    live = connector.observe(sought(question, target))
    if not live.complete:
        raise Unreadable(f"{target} could not be read completely, so nothing was written: {'; '.join(live.gaps)}")
    seen = Seen(target, live, connector.adopt(live))
    progress(target)
    return seen


def _existing(folder: Path) -> frozenset[str]:
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _write(folder: Path, adopted: Adopted) -> None:
    """Write every file anew; GuestlistError when one cannot be written, or is there by now."""
    for draft in adopted.drafts:
        path = folder / draft.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(draft.text)
        except OSError as error:
            raise GuestlistError(f"{path} cannot be written: {error.strerror}") from None


def _shape(targets: list[str], folder: Path, adopted: Adopted) -> ImportShape:
    return ImportShape(
        targets=targets,
        folder=str(folder),
        files=[
            FileShape(
                path=draft.path,
                kind=draft.kind.value,
                accounts=len(draft.accounts),
                bindings=len(draft.bindings),
                gaps=draft.gaps,
            )
            for draft in adopted.drafts
        ],
        left=[
            LeftShape(target=one.target, account=one.account, native=one.native, text=one.why) for one in adopted.left
        ],
        live=adopted.live,
        written=adopted.written,
        declared=adopted.declared,
    )


def _verdict(result: ImportShape) -> str:
    accounts = sum(file.accounts for file in result.files)
    return (
        f"{_many(len(result.files), 'file')} written, with {_many(accounts, 'account')} and {result.written} of "
        f"{_many(result.live, 'binding')}; {_many(sum(file.gaps for file in result.files), 'gap')} to fill. "
        f"{_many(result.declared, 'account')} left out as declared already."
    )


def _held(file: FileShape) -> str:
    """What a file holds, in words; empty where it holds no account and no gap."""
    counts = ((file.accounts, "account"), (file.bindings, "binding"), (file.gaps, "gap"))
    return ", ".join(_many(count, what) for count, what in counts if count)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _text(result: ImportShape) -> Text:
    out = Text()
    for file in result.files:
        out.append("  + ", "green").append(f"{result.folder}/{file.path}  {_held(file)}".rstrip() + "\n")
    for left in result.left:
        out.append("  ! ", "bold red").append(f"{_subject(left)}: {left.text}\n")
    return out.append(_verdict(result) + "\n")


def _markdown(result: ImportShape) -> str:
    lines = [f"### guestlist import: {escape(_verdict(result))}", ""]
    lines += [f"- `{file.path}` {_held(file)}".rstrip() for file in result.files]
    lines += [f"- not written: {escape(_subject(left))}: {escape(left.text)}" for left in result.left]
    return "\n".join(lines) + "\n"


def _subject(left: LeftShape) -> str:
    return "  ".join(filter(None, (left.target, left.account, left.native))) or "a file"
