"""Names for what is adopted: valid, telling, and each once."""

import re
from collections.abc import Iterable, Mapping
from unicodedata import normalize

from reconciler.desired.gaps import UNDECIDED

LONGEST = 63
UNKNOWN_VENDOR = "unknown-vendor"
"""Whose accounts nothing tells."""

_FORBIDDEN = re.compile(r"[^a-z0-9.]+")


def name_from(text: str) -> str:
    """A declared name that looks like `text`; empty where nothing of it can stay."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = _FORBIDDEN.sub("-", plain).strip("-.")[:LONGEST].strip("-.")
    return f"{name}-1" if name == UNDECIDED else name


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or with a number behind it where that is taken."""
    used = frozenset(taken)
    name, number = wanted, 2
    while name in used:
        ending = f"-{number}"
        name, number = wanted[: LONGEST - len(ending)].rstrip("-.") + ending, number + 1
    return name


def vendors_of_domains(domains: Iterable[str]) -> Mapping[str, str]:
    """A vendor's name for each e-mail domain: without its last part, unless two domains then had the same."""
    short = {domain: name_from(domain.rpartition(".")[0] or domain) for domain in domains}
    counted = list(short.values())
    return {domain: name if counted.count(name) == 1 else name_from(domain) for domain, name in short.items()}
