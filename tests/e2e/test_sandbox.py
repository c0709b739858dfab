"""A sandbox ends exactly what it began, however it is ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest


def belonging(directory: Path) -> list[psutil.Process]:
    """Processes that work in or for this sandbox."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(directory) in word for word in process.info["cmdline"] or ()) and process.pid != os.getpid()
    ]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_start_that_is_killed_leaves_nothing_that_down_does_not_end(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM ends what was begun; after SIGKILL, `sandbox down` knows every process."""
    directory = tmp_path / "sandbox"
    command = [sys.executable, "-m", "reconciler", "sandbox"]
    with subprocess.Popen([*command, "up", "--dir", str(directory)], stderr=subprocess.DEVNULL) as up:
        until(lambda: any("bao" in (process.info["cmdline"] or [""])[0] for process in belonging(directory)))
        up.send_signal(number)
        up.wait(timeout=30)
    if number is signal.SIGKILL:
        subprocess.run([*command, "down", "--dir", str(directory)], stderr=subprocess.DEVNULL, timeout=60, check=True)
    until(lambda: not belonging(directory))
