"""Two applies at once, as two processes against the same targets."""

import os
import subprocess
import sys

from tests.e2e.company import Company
from tests.e2e.test_kill import mess


def started(company: Company) -> subprocess.Popen[str]:
    """`guestlist apply` in a process of its own."""
    command = [sys.executable, "-m", "reconciler", "apply", "-C", str(company.repository), "--yes", "--format", "json"]
    environment = {**os.environ, **company.variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_applies_at_once_do_no_harm_and_the_next_finds_nothing_left(company: Company) -> None:
    """Both over the same mess: neither breaks down, whatever one leaves undone is said, and then it converges."""
    mess(company)
    runs = [started(company), started(company)]
    ended = [(run.communicate(timeout=120), run.returncode) for run in runs]
    for (_, stderr), code in ended:
        assert code in {0, 1, 3}, stderr
        assert "Traceback" not in stderr
        assert "failed in a way it does not know" not in stderr
    after = company.apply()
    assert after.code == 0, after.stdout + after.stderr
    assert company.plan()["changes"] == []
