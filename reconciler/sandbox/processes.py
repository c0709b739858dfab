"""Ending exactly the processes that the sandbox began, and no other that has got their number since."""

from contextlib import suppress
from dataclasses import dataclass

import psutil

GRACE = 5.0
"""Seconds a process gets to end by itself."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A process as it was when it began; the moment tells it from a later one with the same number."""

    pid: int
    since: float

    @classmethod
    def of(cls, pid: int) -> "Begun":
        """The running process `pid`; psutil.NoSuchProcess when it is gone."""
        return cls(pid, psutil.Process(pid).create_time())

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.since) < 1
        except psutil.NoSuchProcess:
            return None
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process() is not None

    def end(self) -> None:
        """End it and what it began: politely first, then for certain."""
        process = self._process()
        if process is None:
            return
        family = [process, *process.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.terminate()
        _, stubborn = psutil.wait_procs(family, timeout=GRACE)
        for one in stubborn:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(stubborn, timeout=GRACE)
