"""What each action on an object of a secrets engine needs: paths and capabilities, as data.

What the actions mean, in every engine that has them:

- `list`: see names. In the key-value engines those directly below the path; the other engines keep their names in one
  flat list, so there it shows every name of the mount.
- `view-metadata`: see what is known of an object beside its value: versions, dates, a public key, a role's settings.
- `read`: learn a value: a secret, what a transit key has encrypted, the password of a static database role.
- `rotate`: set or cause a new value without learning any. In the key-value engines this is what `write` is too.
- `write`: put a value in: a secret, or (transit) a plaintext to be encrypted.
- `export`: take a key itself out of the server; nothing else does.
- `delete`: take away so that it can be brought back; `destroy`: for good. So KV v1, which keeps no versions, has only
  `destroy`.
- `sign`: have something of one's own signed. `issue`: be given a new credential: a certificate or SSH key pair with its
  private key, a one-time password, a database user. What was signed or issued outlives the policy, and so does the
  password that was read of a static database role: a role with such actions says for how long at most (`longest`). A
  signature of a transit key has no end that anybody could compare.

Managing an engine (its roles, its configuration, the creation of transit keys) is no action: whoever sets a role's
allowed names or SQL statements gives rights.

The key-value engine is one type with two versions on the server, and two engines here: `kv` and `kv-v1`, as the server
itself allows `kv-v1` to be written. Their paths have nothing in common, so a version beside the name would only be a
key that is wrong with every other engine. Declared wrongly, either allows nothing that the other one serves.

Sources: https://openbao.org/api-docs/secret/ , and each engine's own OpenAPI document; every line is held against the
real server by the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal, get_args

Engine = Literal["kv", "kv-v1", "transit", "database", "pki", "ssh"]
"""`kv` is the versioned key-value engine (KV v2)."""

Action = Literal["list", "view-metadata", "read", "rotate", "write", "export", "delete", "destroy", "sign", "issue"]

ACTIONS: tuple[Action, ...] = get_args(Action)

RESERVED = frozenset({"sys", "auth", "identity", "cubbyhole", "audit"})
"""Where the server itself answers: it mounts no secrets engine there, in any namespace."""

_ALSO_CALLED: Mapping[str, Engine] = {"kv-v2": "kv", "kv2": "kv", "kv1": "kv-v1"}


@dataclass(frozen=True, slots=True)
class Need:
    """One path, with `{mount}` and `{path}` to fill in, and what must be allowed there."""

    path: str
    capabilities: frozenset[str]

    def at(self, mount: str, path: str) -> str:
        """The path for one object."""
        return self.path.format(mount=mount, path=path)


@dataclass(frozen=True, slots=True)
class Table:
    """What an engine can do.

    Attributes:
        holds: what a path names there, in words.
        actions: the needs of every action that the engine has.
        folders: whether names contain slashes; where they do not, a slash would reach another call of the same object.
        bare: whether objects stand directly below the mount, without a word of the engine's between.
        issuing: the actions that hand out what outlives the policy: a certificate, a user, a password.
        shows: why names of objects cannot be kept from those who use the engine; None where they can.
    """

    holds: str
    actions: Mapping[Action, tuple[Need, ...]]
    folders: bool = False
    bare: bool = False
    issuing: frozenset[Action] = frozenset()
    shows: str | None = None


def _need(path: str, *capabilities: str) -> Need:
    return Need(path, frozenset(capabilities))


_KV = Table(
    "a secret",
    {
        "list": (_need("{mount}/metadata/{path}", "list"),),
        "view-metadata": (_need("{mount}/metadata/{path}", "read"),),
        "read": (_need("{mount}/data/{path}", "read"),),
        "rotate": (_need("{mount}/data/{path}", "create", "update", "patch"),),
        "write": (_need("{mount}/data/{path}", "create", "update", "patch"),),
        "delete": (_need("{mount}/delete/{path}", "update"), _need("{mount}/data/{path}", "delete")),
        "destroy": (_need("{mount}/destroy/{path}", "update"), _need("{mount}/metadata/{path}", "delete")),
    },
    folders=True,
)

_KV_V1 = Table(
    "a secret",
    {
        "list": (_need("{mount}/{path}", "list"),),
        "read": (_need("{mount}/{path}", "read"),),
        "rotate": (_need("{mount}/{path}", "create", "update"),),
        "write": (_need("{mount}/{path}", "create", "update"),),
        "destroy": (_need("{mount}/{path}", "delete"),),
    },
    folders=True,
    bare=True,
)

_TRANSIT = Table(
    "a key",
    {
        "list": (_need("{mount}/keys", "list"),),
        "view-metadata": (_need("{mount}/keys/{path}", "read"),),
        "read": (_need("{mount}/decrypt/{path}", "update"),),
        "rotate": (_need("{mount}/keys/{path}/rotate", "update"),),
        # Without `create`, which would make a key that is not there.
        "write": (_need("{mount}/encrypt/{path}", "update"),),
        "export": (
            _need("{mount}/export/encryption-key/{path}", "read"),
            _need("{mount}/export/signing-key/{path}", "read"),
            _need("{mount}/export/hmac-key/{path}", "read"),
        ),
        # OpenBao alone has it; elsewhere the path leads nowhere.
        "delete": (_need("{mount}/keys/{path}/soft-delete", "delete"),),
        "destroy": (_need("{mount}/keys/{path}", "delete"),),
        "sign": (_need("{mount}/sign/{path}", "update"),),
    },
)

# One name never belongs to both a static and a dynamic role, so of each pair at most one leads somewhere.
_DATABASE = Table(
    "a role, static or dynamic",
    {
        "list": (_need("{mount}/roles", "list"), _need("{mount}/static-roles", "list")),
        "view-metadata": (_need("{mount}/roles/{path}", "read"), _need("{mount}/static-roles/{path}", "read")),
        "read": (_need("{mount}/static-creds/{path}", "read"),),
        "rotate": (_need("{mount}/rotate-role/{path}", "update"),),
        "issue": (_need("{mount}/creds/{path}", "read"),),
    },
    issuing=frozenset({"read", "issue"}),
    shows="the users that it makes carry the name of their role, unless its connection has a username_template",
)

_PKI = Table(
    "a role",
    {
        "list": (_need("{mount}/roles", "list"),),
        "view-metadata": (_need("{mount}/roles/{path}", "read"),),
        "sign": (_need("{mount}/sign/{path}", "update"),),
        "issue": (_need("{mount}/issue/{path}", "update"),),
    },
    issuing=frozenset({"sign", "issue"}),
    shows="anybody may fetch its certificates by serial number, and the names that stand in them, without a token",
)

_SSH = Table(
    "a role",
    {
        "list": (_need("{mount}/roles", "list"),),
        "view-metadata": (_need("{mount}/roles/{path}", "read"),),
        "sign": (_need("{mount}/sign/{path}", "update"),),
        # A role makes key pairs or one-time passwords, never both.
        "issue": (_need("{mount}/issue/{path}", "update"), _need("{mount}/creds/{path}", "update")),
    },
    issuing=frozenset({"sign", "issue"}),
)

ENGINES: Mapping[Engine, Table] = MappingProxyType(
    {"kv": _KV, "kv-v1": _KV_V1, "transit": _TRANSIT, "database": _DATABASE, "pki": _PKI, "ssh": _SSH}
)


def known_engine(word: object) -> object:
    """The word itself; ValueError with the nearest engine where a text names none."""
    if isinstance(word, str) and word not in ENGINES:
        raise ValueError(_unknown("engine", word, tuple(ENGINES), _ALSO_CALLED.get(word)))
    return word


def known_action(word: object) -> object:
    """The word itself; ValueError with the nearest action where a text names none."""
    if word == "approve":
        raise ValueError(
            "'approve' means control groups, and control groups do not exist in OpenBao (only in HashiCorp Vault "
            "Enterprise): leave it out; consent to a grant is the review of its declaration"
        )
    if isinstance(word, str) and word not in ACTIONS:
        raise ValueError(_unknown("action", word, ACTIONS))
    return word


def lacking(engine: Engine, action: Action) -> str | None:
    """Why an engine cannot do an action; None where it can."""
    has = ENGINES[engine].actions
    if action in has:
        return None
    return f"the engine '{engine}' has no action '{action}': it has {', '.join(has)}"


def _unknown(what: str, word: str, known: tuple[str, ...], meant: str | None = None) -> str:
    shown = ascii(word[:60])
    near = [meant] if meant else get_close_matches(word.lower(), known, 1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown {what} {shown}: {hint}There are {', '.join(known)}"
