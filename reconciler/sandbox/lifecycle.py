"""Starting, describing and ending a sandbox; what is known of it stands in its directory."""

import json
import os
import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from reconciler.desired.models import TargetSpec
from reconciler.errors import GuestlistError
from reconciler.ports import ConnectorKind, SandboxPart, Started
from reconciler.sandbox import certificates, company
from reconciler.sandbox.processes import Begun

FORMAT = "guestlist.sandbox/v1"
SEEDS = ("demo", "empty")
SHOWN = frozenset({"address", "instance_url", "ca_file", "pid"})
"""What `status` may print; whatever else a part says of itself may be a credential."""

DESCRIPTION, ENVIRONMENT, PROCESSES = "sandbox.json", "env", "processes.json"


def up(
    directory: Path,
    *,
    seed: str,
    accounts: int = 0,
    parts: Mapping[str, SandboxPart],
    kinds: Mapping[str, ConnectorKind],
    targets: Callable[[Path], Mapping[str, TargetSpec]],
) -> Mapping[str, object]:
    """Start every part, make the repository, and describe both in `directory`; returns when all of it answers.

    Args:
        directory: Where; it is new or empty.
        seed: One of `SEEDS`, or the path of a file that describes what is live; see `SandboxPart.start`.
        accounts: Outsiders' accounts to make up besides.
        parts: What to start, by the name of its connector, where a target is declared for it.
        kinds: The connectors, by name.
        targets: Reads the declared targets of the repository that was made.

    Returns:
        What `sandbox.json` says.

    Raises:
        GuestlistError: Something is in the way or did not start; nothing is left running.
    """
    directory, seed = directory.resolve(), _seed(seed)
    if any(begun.running for begun in _begun(directory)):
        raise GuestlistError(f"a sandbox is running in {directory}; end it with `guestlist sandbox down`")
    if directory.exists() and any(directory.iterdir()):
        raise GuestlistError(f"{directory} is not empty; name a new directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GuestlistError(f"{directory} cannot be made: {error.strerror}") from None
    issued = certificates.issue(directory)
    repo = company.found(directory / "repo", seed=seed)
    declared = {spec.connector: spec for spec in targets(directory / "repo").values()}

    with ExitStack() as undo:
        started: dict[str, Started] = {}

        def spawned(pid: int) -> None:
            begun = Begun.of(pid)
            undo.callback(begun.end)
            _remember(directory, [*_begun(directory), begun])

        for name, part in parts.items():
            if name not in declared:
                continue
            rights = kinds[name].least_rights(declared[name])
            (directory / name).mkdir()
            started[name] = part.start(
                directory / name, seed=seed, accounts=accounts, certificates=issued, rights=rights, spawned=spawned
            )
        description: dict[str, object] = {"format": FORMAT}
        description |= {name: dict(part.facts) for name, part in started.items()}
        description["repository"] = str(repo.working_tree_dir)
        _write(directory / DESCRIPTION, json.dumps(description, indent=2) + "\n")
        variables = {key: value for part in started.values() for key, value in part.environment.items()}
        _write(directory / ENVIRONMENT, "".join(f"export {k}={shlex.quote(v)}\n" for k, v in variables.items()))
        undo.pop_all()
    return description


def down(directory: Path) -> int:
    """End exactly what was started in `directory`; returns how many processes still ran. The files stay."""
    begun = _begun(directory.resolve())
    if not begun:
        raise GuestlistError(f"no sandbox was started in {directory}")
    running = [one for one in begun if one.running]
    for one in running:
        one.end()
    return len(running)


def status(directory: Path) -> tuple[Mapping[str, object], Mapping[int, bool]]:
    """What `sandbox.json` says without its credentials, and which of the processes still run, by number."""
    begun = _begun(directory.resolve())
    if not begun:
        raise GuestlistError(f"no sandbox was started in {directory}")
    description: Mapping[str, object] = {}
    if (directory / DESCRIPTION).exists():
        said = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
        description = {
            name: {key: fact[key] for key in fact if key in SHOWN} if isinstance(fact, dict) else fact
            for name, fact in said.items()
        }
    return description, {one.pid: one.running for one in begun}


def environment(directory: Path) -> Mapping[str, str]:
    """The variables in `env`, as a program that starts others needs them."""
    lines = (directory / ENVIRONMENT).read_text(encoding="utf-8").splitlines()
    pairs = (shlex.split(line)[1].partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


def _seed(named: str) -> str:
    """The seed of that name, or the whole path of the file."""
    if named in SEEDS:
        return named
    path = Path(named).resolve()
    if not path.is_file():
        known = " and ".join(SEEDS)
        raise GuestlistError(f"there is no seed {named}: there is {known}, or name a file that describes what is live")
    return str(path)


def _begun(directory: Path) -> list[Begun]:
    path = directory / PROCESSES
    return [Begun(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _remember(directory: Path, begun: list[Begun]) -> None:
    _write(directory / PROCESSES, json.dumps([asdict(one) for one in begun]) + "\n")


def _write(path: Path, text: str) -> None:
    """Write for the owner's eyes only: the sandbox's credentials are throw-away, habits are not."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
