"""Which kind of declaration stands where: the folder says the kind, the file's stem the name."""

import difflib
import re
from enum import StrEnum
from pathlib import PurePosixPath

from reconciler.desired.basics import NAME_PATTERN

SETTINGS_FILE = "guestlist.yaml"
NAME_MEANING = "lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit"

_NAME = re.compile(NAME_PATTERN)
_LONGEST_NAME = 63
_IN_A_FOLDER = 2


class Kind(StrEnum):
    """The word in `kind:`."""

    SETTINGS = "Settings"
    PERSON = "Person"
    ROLE = "Role"
    VENDOR = "Vendor"
    OVERRIDE = "Override"
    DATA_LABEL = "DataLabel"


FOLDERS = {
    "people": Kind.PERSON,
    "roles": Kind.ROLE,
    "vendors": Kind.VENDOR,
    "overrides": Kind.OVERRIDE,
    "data": Kind.DATA_LABEL,
}
"""The folder of each kind; Settings stand alone in `guestlist.yaml`."""


def ignored(path: str) -> bool:
    """Whether a file may stand among declarations without being one: a README.md, or anything with a leading dot."""
    parts = PurePosixPath(path).parts
    return parts[-1] == "README.md" or any(part.startswith(".") for part in parts)


def is_name(text: str) -> bool:
    """Whether `text` can be a declared name."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def kind_of(path: str) -> Kind | str:
    """The kind that the place of a file demands, or a sentence saying why no declaration can stand there.

    Args:
        path: relative to the desired-state folder.
    """
    file = PurePosixPath(path)
    if path == SETTINGS_FILE:
        return Kind.SETTINGS
    folder = file.parts[0] if len(file.parts) > 1 else ""
    if folder not in FOLDERS:
        return _unknown_place(file, folder)
    if len(file.parts) != _IN_A_FOLDER:
        return f"declarations stand directly in {folder}/: move it to {folder}/{file.name}"
    if file.suffix != ".yaml":
        return f"declarations end in .yaml: rename it to {file.stem}.yaml, or remove it"
    if not is_name(file.stem):
        return f"the file's name is the declaration's: {NAME_MEANING} ({_LONGEST_NAME} at most), then .yaml"
    return FOLDERS[folder]


def _unknown_place(file: PurePosixPath, folder: str) -> str:
    places = f"{SETTINGS_FILE}, {', '.join(f'{name}/' for name in FOLDERS)}"
    if folder:
        near = difflib.get_close_matches(folder, FOLDERS, 1)
        hint = f"did you mean {near[0]}/?" if near else f"there are {places}"
        return f"nothing is declared in a folder {folder}/: {hint}"
    near = difflib.get_close_matches(file.name, [SETTINGS_FILE], 1)
    hint = f"did you mean {SETTINGS_FILE}?" if near else f"there are {places}"
    return f"nothing is declared in {file.name}: {hint}"
