"""What guestlist calls its things in a vault, and what is never its own.

Declared names may contain `.` and `-` but no `_`, so names joined by `_` never meet. Vaults fold the case of entity,
policy and alias names; everything here is lower-case.
"""

from reconciler.model import AccountKey

PREFIX = "vendor_"
"""Begins the name of everything that guestlist makes in a vault."""

BUILT_IN = frozenset({"default", "root", "default-ceiling", "response-wrapping"})
"""Policies that the server itself brings; never in the population."""


def entity_name(vendor: str, principal: str) -> str:
    """The entity of a principal that names no other account."""
    return f"{PREFIX}{vendor}_{principal}"


def policy_name(vendor: str, principal: str, role: str) -> str:
    """The one policy of a binding, so that no two bindings share an end."""
    return f"{entity_name(vendor, principal)}_{role}"


def mount_name(mount: str) -> str:
    """A mount as people write it: without `auth/` before and slashes around it."""
    return mount.strip("/").removeprefix("auth/")


def name_key(name: str) -> AccountKey:
    """The key of the entity called `name`."""
    return AccountKey("name", name.lower())


def alias_key(mount: str, alias: str) -> AccountKey:
    """The key of the entity that has this alias; one mount never holds two aliases that differ in case alone."""
    return AccountKey("alias", f"{mount_name(mount)}/{alias.lower()}")
