"""Running a file of this room as a program: what leaks or dies does so in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def run_program(
    program: str, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a file of Python, which sees the modules that this process sees.

    Args:
        program: the file.
        *arguments: what it is given.
        **variables: of the environment, beside those of this process.

    Returns:
        How it ended, and what it wrote.
    """
    seen = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.run(
        [sys.executable, "-P", program, *arguments],
        # No GPU: none of the programs needs one, and this process may hold all of its memory.
        env={**os.environ, **seen, "CUDA_VISIBLE_DEVICES": "-1", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )


def run_jobs(program: str, jobs: Sequence[Any], failure: type[Exception]) -> None:
    """Runs a program on a file of jobs, which are such as JSON can say.

    Raises:
        Exception: `failure`, of what the program wrote, if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "jobs.json")
        listed.write_text(json.dumps(list(jobs)), encoding="utf-8")
        done = run_program(program, str(listed))
    if done.returncode != 0:
        raise failure(done.stderr.strip() or f"exit code {done.returncode}")
