"""A thousand mutated presets: refused in one line, or a model that works; nothing else happens."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("mutants.py")


def mutants(folder: Path, first: int, count: int) -> dict[str, Any]:
    """Loads mutants in a process of their own, which memory and time are bounded for."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), str(first), str(count)],
        capture_output=True,
        text=True,
        timeout=120 + 5 * count,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    last = folder / "last"
    where = last.read_text() if last.exists() else "the first"
    assert done.returncode == 0, f"it died of {done.returncode} at {where}: {done.stderr[-2000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def check(told: dict[str, Any], count: int) -> None:
    assert told["wrong"] == {}
    assert not told["canary"]
    assert sum(told["found"].values()) == count
    refused = sum(number for name, number in told["found"].items() if name.endswith("refused"))
    # Most changes do harm, and some do none: a test that refuses or loads all shows nothing.
    assert 0.5 * count < refused < count


def test_a_few_mutants(tmp_path: Path) -> None:
    check(mutants(tmp_path, 0, 60), 60)


@pytest.mark.slow
def test_a_thousand_mutants(tmp_path: Path) -> None:
    check(mutants(tmp_path, 1000, 1000), 1000)
