"""What a target's Settings say about how it is planned, beside its mode and its guard."""

from dataclasses import dataclass
from datetime import timedelta

from reconciler.desired.models import TargetSpec


@dataclass(frozen=True, slots=True)
class Terms:
    """How one target is planned.

    Attributes:
        freezes: whether an account with something that cannot be taken away is closed; otherwise that is held.
        creates: whether a declared account that is missing is created; otherwise its grants are refused.
        grace: how long after guestlist closed it an account that nobody declares is closed for good; None is never.
    """

    freezes: bool = False
    creates: bool = False
    grace: timedelta | None = None

    @classmethod
    def of(cls, spec: TargetSpec) -> "Terms":
        """As the target's Settings say."""
        days = spec.deactivate_after
        return cls(
            freezes=spec.unremovable == "freeze",
            creates=spec.accounts == "create",
            grace=None if days is None else timedelta(days=days),
        )


USUAL = Terms()
"""What holds where Settings say nothing."""
