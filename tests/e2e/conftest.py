"""One running company for the tests that speak to it, brought back to clean before each."""

from collections.abc import Iterator

import pytest

from tests.e2e.company import Company, sandbox


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    directory = tmp_path_factory.mktemp("company") / "sandbox"
    sandbox("up", "--dir", str(directory))
    company = Company(directory)
    try:
        first = company.apply()
        assert first.code == 0, first.stdout + first.stderr
        yield company
    finally:
        company.close()
        sandbox("down", "--dir", str(directory))


@pytest.fixture
def company(started: Company) -> Company:
    """The company as a good run left it: each test's mess is its own."""
    ended = started.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    return started
