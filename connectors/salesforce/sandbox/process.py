"""Starts the simulated org as a process of its own, for whoever needs one to talk to."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from connectors.salesforce.sandbox.tls import Authority

_PATIENCE = 60.0
_children: dict[int, "subprocess.Popen[bytes]"] = {}  # so that those started here are reaped when they end


class StartError(RuntimeError):
    """The org did not come up; nothing of it is left running."""


@dataclass(frozen=True, slots=True)
class Started:
    """A running org.

    Attributes:
        access_token: A system administrator's session.
        client_id: Of the connected application whose client credentials run as the integration user.
        control_token: Opens the sandbox's controls, as the header `Sandbox-Control`.
        ca_file: What clients trust its certificate by.
    """

    instance_url: str
    access_token: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    ca_file: str
    pid: int
    org_id: str
    control_token: str = field(repr=False)

    def stop(self) -> None:
        """Ends it, and waits until it is gone."""
        stop(self.pid)


def start(
    directory: Path,
    *,
    seed: str = "demo",
    accounts: int = 0,
    port: int = 0,
    ca: Authority | None = None,
    jwt_public_key: Path | None = None,
    spawned: Callable[[int], None] = lambda _: None,
) -> Started:
    """Starts an org and waits until it answers.

    Args:
        directory: For certificates, keys and `salesforce.log`.
        seed: `demo`, `empty`, or the path of a file that describes an org.
        accounts: Vendor users to make up besides.
        port: 0 for a free one.
        ca: The authority to take the certificate from; None to make one (`ca.pem` in the directory).
        jwt_public_key: PEM file for the JWT bearer flow; None to make a pair (`jwt.key` in the directory).
        spawned: Is told the number of the process the moment that there is one.

    Raises:
        StartError: It ended or kept silent; what it said is in the message.
    """
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "connectors.salesforce.sandbox", "--dir", str(directory), "--seed", seed]
    command += ["--port", str(port), "--accounts", str(accounts)]
    if ca is not None:
        command += ["--ca-cert", str(ca.certificate), "--ca-key", str(ca.key)]
    if jwt_public_key is not None:
        command += ["--jwt-public-key", str(jwt_public_key)]
    log = directory / "salesforce.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module, no shell)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    try:
        spawned(process.pid)
        started = Started(**json.loads(_first_line(process, log)))
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    _children[started.pid] = process
    return started


def stop(pid: int, *, patience: float = 10.0) -> None:
    """Asks a process to end, and after some seconds makes it. One that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while _lives(pid):
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    if process.stdout is None:
        raise AssertionError
    ready, _, _ = select.select([process.stdout], [], [], _PATIENCE)
    line = process.stdout.readline() if ready else b""
    if line:
        return line
    said = log.read_text("utf-8", "replace").strip()[-2000:].removeprefix("Error: ")
    raise StartError(f"The simulated Salesforce org did not start: {said or 'it said nothing for 60 seconds'}")
