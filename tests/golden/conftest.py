"""Stored results to compare with; they are made anew by `pytest tests/golden --update-golden` only."""

import json
from pathlib import Path

import pytest

from tests.golden.comparing import differences, report

FOLDER = Path(__file__).parent
OPTION = "--update-golden"


def pytest_addoption(parser):
    parser.addoption(OPTION, action="store_true", help="store what comes out now as the reference")


@pytest.fixture
def golden(request):
    """Compares rows with the stored ones of that name, or stores them."""

    def compare(name, rows, tolerances):
        path = FOLDER / name
        if request.config.getoption(OPTION, default=False):
            path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
            return
        stored = [json.loads(line) for line in path.read_text().splitlines()]
        found = differences(stored, rows, tolerances)
        if found:
            pytest.fail(report(name, found), pytrace=False)

    return compare
