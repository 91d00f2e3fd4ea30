"""Time to the first sample, and of the imports on the way, each in a fresh process.

Protocol. Six commands take turns, outside the checkout, with the user's own settings (no thread
is limited); the first turn of each fills the disk's cache and is not counted. Imports and the
first sample are timed inside the process, from before the import; `tfvae --help` and the empty
process from start to exit, interpreter included.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.outcome import Options, Outcome, duration_row

TIMED = """
import time
began = time.perf_counter()
{code}
print(time.perf_counter() - began)
"""
SNIPPETS = {
    "import tensorflow": "import tensorflow",
    "import keras": "import keras",
    "import tfvae": "import tfvae",
    "import tfvae to first sample": (
        "import tfvae\n"
        'vae = tfvae.VAE.from_preset("gmvae_mnist")\n'
        "import numpy\n"
        "assert numpy.isfinite(numpy.asarray(vae.sample(1, seed=0))).all()"
    ),
}


def run(options: Options) -> Outcome:
    """Start every command in turns."""
    commands = {name: [sys.executable, "-c", _timed(code)] for name, code in SNIPPETS.items()}
    commands["tfvae --help"] = [_script("tfvae"), "--help"]
    commands["python -c pass"] = [sys.executable, "-c", "pass"]
    turns = 1 if options.quick else 7
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for turn in range(-1, turns):
        for name, command in commands.items():
            times = _run(name, command)
            options.progress(f"{name:>30}  {times['process']:7.3f} s")
            if turn >= 0:
                measured[name].append(times)
    rows = []
    for name, runs in measured.items():
        clock = "inside" if name in SNIPPETS else "process"
        rows.append(duration_row(name, [run[clock] for run in runs]))
    return Outcome(
        title="start",
        rows=rows,
        targets=[],
        settings={"runs": turns},
        measurements=measured,
        versions={name: version(name) for name in ("tensorflow", "keras", "tfvae")},
    )


def _timed(code: str) -> str:
    return TIMED.format(code=code)


def _script(name: str) -> str:
    beside = Path(sys.executable).parent / (f"{name}.exe" if os.name == "nt" else name)
    if not beside.exists():
        raise RuntimeError(
            f"The command {name!r} is not installed beside this Python. "
            "Install the project first, for example with `pip install -e .`."
        )
    return str(beside)


def environment() -> Mapping[str, str]:
    """The user's own settings, without those that slow a library or hide the package."""
    # The checkout must not be imported in place of the installed package.
    dropped = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}


def _run(name: str, command: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        process = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{name!r} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    times = {"process": process}
    if name in SNIPPETS:
        times["inside"] = float(done.stdout.split()[-1])
    return times
