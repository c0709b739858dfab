"""What can go wrong, as one tree; the process's exit code lives on the error.

GuestlistError                 1
├── DeclarationError           1   what is declared cannot be used
├── RepositoryError            1   git cannot give what was asked for, or the branch rules forbid it
├── CredentialError            1   a credential is missing or kept where it must not be
├── LedgerError                1   the record of what was done cannot be read or written
├── Refused                    3   a guard or a pinned digest stopped the run before its first write
└── TargetError                4   a live system; what it hides is held
    ├── Unreachable                no answer: connection, TLS, time-out, 5xx that outlived the retries
    ├── Unauthorized               401 and 403: who we are, or what we may do
    ├── Missing                    404: what was asked for is not there
    ├── Conflict                   409, a check-and-set that did not match, a locked row
    ├── RateLimited                429, or the day's calls are used up
    ├── Rejected                   any other 4xx: the system understood and said no
    └── Unreadable                 an answer came, but it is not whole or not in the documented shape
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The command's exit codes; where several hold, the first of ERROR, REFUSED, HELD, DIFFERENT, OK."""

    OK = 0
    ERROR = 1
    DIFFERENT = 2
    REFUSED = 3
    HELD = 4

    @classmethod
    def worst(cls, *codes: "ExitCode") -> "ExitCode":
        """The code that outranks the others: 1, 3, 4, 2, 0."""
        for code in (cls.ERROR, cls.REFUSED, cls.HELD, cls.DIFFERENT):
            if code in codes:
                return code
        return cls.OK


class GuestlistError(Exception):
    """Anything guestlist says instead of a result. Its text is a sentence with what to do next."""

    exit_code = ExitCode.ERROR


class DeclarationError(GuestlistError):
    """What is declared cannot be used; `problems` hold one `file:line:column: text` each."""

    def __init__(self, text: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.problems = problems


class RepositoryError(GuestlistError):
    """Git cannot give what was asked for, or the rules about branches and revisions forbid it."""


class CredentialError(GuestlistError):
    """A credential is missing, or is kept where it must not be. Never carries the credential."""


class LedgerError(GuestlistError):
    """The ledger cannot be read or appended to."""


class Refused(GuestlistError):
    """The run was stopped before its first write."""

    exit_code = ExitCode.REFUSED


class TargetError(GuestlistError):
    """A live system did not do what was asked. The text never carries a credential or a response body's secrets."""

    exit_code = ExitCode.HELD


class Unreachable(TargetError):
    """No answer: connection, TLS, time-out, or a server error that outlived the retries."""


class Unauthorized(TargetError):
    """The system does not accept who we are, or does not let us do this."""


class Missing(TargetError):
    """What was asked for is not there."""


class Conflict(TargetError):
    """Somebody else changed it first, or holds it locked; re-read and try again."""


class RateLimited(TargetError):
    """Too many calls. `retry_after` is in seconds, where the system says it."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Rejected(TargetError):
    """The system understood the request and said no; `code` is its own word for why."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Unreadable(TargetError):
    """An answer came, but it is not whole or not in the documented shape."""
