"""The parent's half of the protocol: workers take turns, A B A B, on an otherwise quiet machine.

A machine's speed drifts, and other programs come and go. Turns of the sides that are compared
therefore follow each other directly, and ratios are taken between neighbours.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parent.parent
NUM_THREADS = 2
WARM_UP_TURNS = 1

Turn = dict[str, Any]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Worker:
    """A side of a comparison: a name and the command that runs it.

    `command` begins with the interpreter; `environment` is added to the parent's variables.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Series:
    """What one worker reported: its facts, and its turns with the warm-up turns set apart."""

    facts: dict[str, Any] = field(default_factory=dict)
    warm_up: list[Turn] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def values(self, key: str = "seconds") -> list[float]:
        """One value for each measured turn."""
        return [float(turn[key]) for turn in self.turns]


def worker_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a timed process: two threads for every library, no GPU, no progress bar.

    OpenBLAS's overrides are removed, because they choose slower kernels than it would itself.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    }
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(NUM_THREADS)
    )
    tensorflow = {
        "TF_NUM_INTRAOP_THREADS": str(NUM_THREADS),
        "TF_NUM_INTEROP_THREADS": str(NUM_THREADS),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "KERAS_BACKEND": "tensorflow",
    }
    common = {"CUDA_VISIBLE_DEVICES": "-1", "TQDM_DISABLE": "1", "PYTHONPATH": str(ROOT)}
    return {**kept, **threads, **tensorflow, **common, **(extra or {})}


def alternate(
    workers: Sequence[Worker], *, turns: int, rounds: int, progress: Progress = print
) -> dict[str, Series]:
    """Run the workers turn by turn, in new processes each round.

    Args:
        workers: The sides, in the order in which they take their turns.
        turns: Measured turns of each worker and round, after one warm-up turn.
        rounds: How often everything starts anew in new processes.
        progress: Called with one line of text for each turn.

    Returns:
        The reports of each worker by its name.

    Raises:
        RuntimeError: If a worker ends before its time; the end of its output is in the message.
    """
    series = {worker.name: Series() for worker in workers}
    for round_index in range(rounds):
        with ExitStack() as stack:
            running = [stack.enter_context(_Running(worker)) for worker in workers]
            for process in running:
                series[process.name].facts = process.receive("ready")
            for turn_index in range(-WARM_UP_TURNS, turns):
                for process in running:
                    turn = {"round": round_index, **process.take_turn()}
                    own = series[process.name]
                    (own.warm_up if turn_index < 0 else own.turns).append(turn)
                    progress(_line(process.name, round_index, turn_index, turn))
    return series


class _Running:
    """A started worker: a context manager that ends it."""

    def __init__(self, worker: Worker) -> None:
        self.name = worker.name
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            list(worker.command),
            env=worker_environment(worker.environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._stdin.close()
            self._process.wait(timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            self._stdout.close()
            self._errors.close()

    def take_turn(self) -> Turn:
        try:
            self._stdin.write("go\n")
            self._stdin.flush()
        except BrokenPipeError:
            self._fail()
        return self.receive("turn")

    def receive(self, event: str) -> dict[str, Any]:
        line = self._stdout.readline()
        if not line:
            self._fail()
        message: dict[str, Any] = json.loads(line)
        if message.pop("event") != event:
            raise RuntimeError(f"The worker {self.name!r} should report {event!r}, not {line!r}.")
        return message

    def _fail(self) -> None:
        self._process.wait()
        self._errors.seek(0)
        tail = self._errors.read().decode(errors="replace")[-3000:]
        raise RuntimeError(
            f"The worker {self.name!r} ended early with status {self._process.returncode}. "
            f"The end of its output:\n{tail}"
        )


def _line(name: str, round_index: int, turn_index: int, turn: Turn) -> str:
    label = "warm-up" if turn_index < 0 else f"turn {turn_index + 1}"
    return f"{name:>24}  round {round_index + 1}  {label:<8} {turn['seconds']:8.3f} s"
