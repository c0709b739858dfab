"""What each action on an object of a secrets engine needs: paths and capabilities, as data.

Source of the KV table: https://openbao.org/api-docs/secret/kv/kv-v2/ . `rotate` writes a value without being able to
read one; `read` does not list. On a key-value engine `write` and `rotate` are the same; engines that can make a new
value by themselves tell them apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Engine = Literal["kv"]
"""`kv` is the versioned key-value engine (KV v2)."""

Action = Literal["list", "view-metadata", "read", "rotate", "write", "delete", "destroy"]


@dataclass(frozen=True, slots=True)
class Need:
    """One path, with `{mount}` and `{path}` to fill in, and what must be allowed there."""

    path: str
    capabilities: frozenset[str]

    def at(self, mount: str, path: str) -> str:
        """The path for one object."""
        return self.path.format(mount=mount, path=path)


def _need(path: str, *capabilities: str) -> Need:
    return Need(path, frozenset(capabilities))


KV: Mapping[Action, tuple[Need, ...]] = {
    "list": (_need("{mount}/metadata/{path}", "list"),),
    "view-metadata": (_need("{mount}/metadata/{path}", "read"),),
    "read": (_need("{mount}/data/{path}", "read"),),
    "rotate": (_need("{mount}/data/{path}", "create", "update", "patch"),),
    "write": (_need("{mount}/data/{path}", "create", "update", "patch"),),
    "delete": (_need("{mount}/delete/{path}", "update"), _need("{mount}/data/{path}", "delete")),
    "destroy": (_need("{mount}/destroy/{path}", "update"), _need("{mount}/metadata/{path}", "delete")),
}

ENGINES: Mapping[Engine, Mapping[Action, tuple[Need, ...]]] = {"kv": KV}
