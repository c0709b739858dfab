"""The command `guestlist`: one file per command, and the only place where the parts are put together."""

from reconciler.cli.main import main

__all__ = ["main"]
