"""The judgement, at one instant, on one grant."""

from dataclasses import dataclass

from reconciler.model import Reason


@dataclass(frozen=True, slots=True)
class Admitted:
    """The grant gives what it declares."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The grant gives nothing; `reasons` are all that hold, the first decides."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say: what is live is held as it is, nothing is given."""

    reason: Reason


Judgement = Admitted | Lapsed | Unknown
