"""One running company for the tests that speak to it, brought back to clean before each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import guestlist
from tests.e2e.company import Company


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    directory = tmp_path_factory.mktemp("company") / "sandbox"
    up = CliRunner().invoke(guestlist, ["sandbox", "up", "--dir", str(directory)], catch_exceptions=False)
    assert up.exit_code == 0, up.output
    company = Company(directory)
    try:
        first = company.apply()
        assert first.code == 0, first.stdout + first.stderr
        yield company
    finally:
        company.close()
        CliRunner().invoke(guestlist, ["sandbox", "down", "--dir", str(directory)])


@pytest.fixture
def company(started: Company) -> Company:
    """The company as a good run left it: each test's mess is its own."""
    ended = started.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    return started
