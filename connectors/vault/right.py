"""One right that guestlist needs in a vault, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Right:
    """One path and what must be allowed there.

    Attributes:
        why: what stands above it in the policy; its first line says what the right is for.
        reads: capabilities that looking needs.
        writes: capabilities that only a target in `enforce` needs.
        fields: the only fields that a write may carry; empty means any.
        values: of some of these fields, the only values that it may carry, in HCL.
    """

    path: str
    why: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
