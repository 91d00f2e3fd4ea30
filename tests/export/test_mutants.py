"""Damaged artefacts are refused in one line: they end no process, and keep none waiting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export import mutants
from tests.export.bundles import GOLDEN


@pytest.mark.parametrize(
    ("first", "last"), [(0, 54), pytest.param(54, 1054, marks=pytest.mark.slow)]
)
def test_mutants_are_refused_or_read(golden: Path, first: int, last: int) -> None:
    command = [sys.executable, mutants.__file__, str(golden), str(GOLDEN / "model.keras")]
    done = subprocess.run(
        [*command, str(first), str(last)], capture_output=True, text=True, timeout=1800
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, (lines[-1:], done.stderr[-2000:])
    outcomes = json.loads(lines[-1])
    assert sum(outcomes.values()) == last - first
    ways = {line.split()[1] for line in lines[:-1]}
    refused = {name.split()[0] for name in outcomes if name.endswith(mutants.REFUSED)}
    # A whole file is read under any name.
    assert ways - refused == {"wrong_extension"}
