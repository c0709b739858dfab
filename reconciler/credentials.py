"""Credentials come from the environment or from files outside the repository, and are never printed."""

from collections.abc import Mapping
from pathlib import Path

from reconciler.desired.models import EnvReference, FileReference, Reference
from reconciler.errors import CredentialError

SECRETS_DIRECTORY = "GUESTLIST_SECRETS_DIR"
"""Names the one directory, outside the repository, below which `file:` references are looked for."""


class OutsideCredentials:
    """What references in Settings point at: `GUESTLIST_…` variables, and files below one outside directory."""

    def __init__(self, environment: Mapping[str, str], repository: Path) -> None:
        self._environment = environment
        self._repository = repository.resolve()

    def text(self, reference: Reference) -> str:
        """The referenced value without surrounding white space; CredentialError when it is missing or empty."""
        match reference:
            case EnvReference(env=name):
                value = self._environment.get(name, "").strip()
                if not value:
                    raise CredentialError(f"the environment variable {name} is not set; Settings read it")
                return value
            case FileReference():
                try:
                    value = self.path(reference).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    raise CredentialError(f"the file {reference.file} cannot be read: {type(error).__name__}") from None
                if not value:
                    raise CredentialError(f"the file {reference.file} is empty")
                return value

    def path(self, reference: Reference) -> Path:
        """The referenced file; for a variable, the file that it names."""
        match reference:
            case EnvReference():
                path = Path(self.text(reference))
            case FileReference(file=name):
                path = self._below(name)
        if not path.is_file():
            raise CredentialError(f"Settings read the file {path}, and there is none; correct it, or put it there")
        return path

    def _below(self, name: str) -> Path:
        top = self._environment.get(SECRETS_DIRECTORY, "")
        if not top:
            raise CredentialError(f"Settings read the file {name}: set {SECRETS_DIRECTORY} to the directory it is in")
        directory = Path(top).resolve()
        if directory.is_relative_to(self._repository):
            raise CredentialError(f"{SECRETS_DIRECTORY} lies inside the repository; keep secrets outside it")
        path = (directory / name).resolve()
        if not path.is_relative_to(directory):
            raise CredentialError(f"the file {name} leaves {SECRETS_DIRECTORY}")
        return path
