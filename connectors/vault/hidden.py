"""Names that a role must not let its holders come to know, and where an engine shows them all the same."""

from collections.abc import Iterable, Iterator

from connectors.vault.engines import ENGINES, Action, Engine


def conflicts(places: Iterable[tuple[Engine, str]], actions: Iterable[Action], hidden: Iterable[str]) -> Iterator[str]:
    """Why the actions on the objects (engine and path) show hidden names, a sentence each.

    A listing of a folder shows the name of everything below it, or the folder on the way there; where an engine has no
    folders, one listing shows every name of the mount. Metadata of a folder above is refused too: it says that there is
    something, and is where people keep notes about what is below.
    """
    asked = set(actions)
    for engine, path in dict.fromkeys(places):
        for name in dict.fromkeys(hidden):
            if ENGINES[engine].folders:
                shown = sorted(asked & {"list", "view-metadata"}) if name.startswith(f"{path}/") else []
                for action in shown:
                    yield f"'{action}' on {path} shows the hidden name {name}; leave the action out, or the name"
            elif "list" in asked and "/" not in name:
                yield (
                    f"'list' shows every name of the mount, because the engine '{engine}' has no folders, "
                    f"and {name} is hidden; leave the action out, or the name"
                )


def astray(places: Iterable[tuple[Engine, str]], hidden: Iterable[str]) -> Iterator[str]:
    """Which hidden names are none of where the role's objects are, a sentence each: a slip of the pen hides nothing.

    A name is of a mount with folders when it begins with the first folder of one of the objects there, or when one lies
    in no folder; of a mount without folders when it has no slash.
    """
    asked = tuple(dict.fromkeys(places))
    for name in dict.fromkeys(hidden):
        if not any(_near(engine, path, name) for engine, path in asked):
            yield (
                f"the hidden name {name} is none of where the role's objects are, so it hides nothing: write the path"
                " of an object as the role writes its own (without the mount), or leave it out"
            )


def _near(engine: Engine, path: str, name: str) -> bool:
    if not ENGINES[engine].folders:
        return "/" not in name
    folder, _, below = path.partition("/")
    return not below or name == folder or name.startswith(f"{folder}/")


def shown_anyway(places: Iterable[tuple[Engine, str]], hidden: Iterable[str]) -> Iterator[str]:
    """What of the hidden names stays visible whatever is compiled, a sentence each."""
    asked, names = dict.fromkeys(places), dict.fromkeys(hidden)
    for name in names:
        if any(path == name for _, path in asked):
            yield f"{name} is an object of the role itself: its holders can read the path in their own policy"
    for engine in dict.fromkeys(engine for engine, _ in asked if names):
        if why := ENGINES[engine].shows:
            yield f"the engine '{engine}' cannot hide names: {why}"
