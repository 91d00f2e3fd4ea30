"""Loads mutated presets, in a process of its own: `python mutants.py FOLDER FIRST COUNT`.

Each is a small preset with one file changed at random; in most, metadata.json is then made to fit,
as whoever means harm would. It must be refused in one line, or give a model that works. The last
line printed is what became of them; a process that dies, or that prints none, failed.
"""

import json
import pickle
import resource
import shutil
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

import tfvae
from tfvae.zoo import PresetError
from tfvae.zoo.folder import file_entry

SECONDS = 30
ROOM = 4 * 2**30
BASES = Path(__file__).resolve().parents[1] / "golden"
HUGE = [10**5, 10**7, 10**9, 2**31, 2**40, 2**63, 10**30]
ODD = [0, -1, -3, 1, 2, 3, 7, 1.5, 1e-30, 1e30, float("nan"), float("inf"), True, None, "", "relu"]


@contextmanager
def deep() -> Iterator[None]:
    """Lets a tree be written that is deeper than Python reads."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * limit)
    yield
    sys.setrecursionlimit(limit)


def nodes(tree: Any) -> Iterator[tuple[Any, ...]]:
    """Yields the place of every value in a tree of JSON, which may be too deep for recursion."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), tree)]
    while waiting:
        where, branch = waiting.pop()
        for key, value in branch.items() if isinstance(branch, dict) else enumerate(branch):
            yield (*where, key)
            if isinstance(value, dict | list):
                waiting.append(((*where, key), value))


def at(tree: Any, where: tuple[Any, ...]) -> Any:
    for key in where:
        tree = tree[key]
    return tree


class Mutator:
    """Changes a preset's folder in one way, drawn by a seed.

    Args:
        seed: of the draws.
        canary: a file that code in a preset would write.
    """

    def __init__(self, seed: int, canary: Path) -> None:
        self.draw = np.random.default_rng(seed)
        self.canary = canary

    def pick(self, options: Any) -> Any:
        return options[int(self.draw.integers(len(options)))]

    def payloads(self) -> list[Any]:
        """What would run code, read a file or reach outside, if it were believed."""
        code = f"open({str(self.canary)!r}, 'w')"

        class Bomb:
            def __reduce__(self) -> Any:
                return eval, (code,)

        bomb = pickle.dumps(Bomb()).hex()
        entry = {"config": {}, "registered_name": None, "build_config": None}
        return [
            {"module": "builtins", "class_name": "function", "config": "eval"},
            {"module": "os", "class_name": "function", "config": "system"},
            {"module": "builtins", "class_name": "eval", **entry, "config": {"source": code}},
            {"module": "subprocess", "class_name": "Popen", **entry, "config": {"args": code}},
            {
                "module": "keras.layers",
                "class_name": "Lambda",
                **entry,
                "config": {"function": code},
            },
            {"class_name": "__lambda__", "config": {"value": bomb}},
            {"class_name": "__numpy__", "config": {"value": [bomb], "dtype": "object"}},
            {"class_name": "__tensor__", "config": {"value": 1, "dtype": "variant"}},
            {"module": "keras.src.saving.saving_lib", "class_name": "pickle", **entry},
            {"module": "keras.utils", "class_name": "get_file", **entry},
            {"module": "keras.layers", "class_name": "TFSMLayer", **entry},
            {"module": "keras.layers", "class_name": "TextVectorization", **entry},
            "/etc/passwd",
            "../" * 8 + "etc/passwd",
            code,
        ]

    def value(self, old: Any) -> Any:
        """Returns what a value in a tree becomes."""
        kind = self.pick(["huge", "odd", "payload", "nested", "nudged", "repeated"])
        if kind == "huge":
            return int(self.pick(HUGE)) * self.pick([1, 1, -1])
        if kind == "payload":
            return self.pick(self.payloads())
        if kind == "nested":
            nested: Any = old
            for _ in range(self.pick([1, 3, 200, 900])):
                nested = self.pick([[nested], {"config": nested}])
            return nested
        if kind == "nudged" and isinstance(old, int | float) and not isinstance(old, bool):
            return old * self.pick([2, -1, 1000, 0.5]) + self.pick([0, 1])
        if kind == "repeated" and isinstance(old, list):
            return old * self.pick([2, 1000])
        return self.pick(ODD)

    def tree(self, tree: Any) -> Any:
        """Changes one place in a tree of JSON, or a few."""
        for _ in range(self.pick([1, 1, 1, 2, 5])):
            everywhere = [*nodes(tree)]
            # Most of a config is names: half of the changes are to its numbers, which set sizes.
            numbers = [place for place in everywhere if type(at(tree, place)) in (int, float)]
            where = self.pick(numbers if numbers and self.draw.random() < 0.5 else everywhere)
            parent, key = at(tree, where[:-1]), where[-1]
            change = self.pick(["value", "value", "value", "delete", "swap", "twin"])
            if change == "delete":
                del parent[key]
            elif change == "swap":
                parent[key] = json.loads(json.dumps(at(tree, self.pick([*nodes(tree)]))))
            elif change == "twin" and isinstance(parent, dict):
                parent[self.pick(["config", "module", "class_name", "dtype", "x" * 500])] = parent[
                    key
                ]
            else:
                parent[key] = self.value(parent[key])
        return tree

    def bytes(self, content: bytes) -> bytes:
        """Changes some bytes of a file, its length too."""
        changed = bytearray(content)
        kind = self.pick(["flip", "flip", "flip", "cut", "zero", "ones", "insert", "move", "empty"])
        for _ in range(int(self.pick([1, 1, 4, 32])) if kind != "empty" else 0):
            # Where HDF5 keeps its structures is more telling than its numbers.
            last = self.pick([96, 2048, len(changed)])
            start = int(self.draw.integers(max(1, min(last, len(changed)))))
            length = int(self.pick([1, 4, 8, 64]))
            if kind == "flip" and start < len(changed):
                changed[start] ^= 1 << int(self.draw.integers(8))
            elif kind == "cut":
                del changed[start:]
            elif kind in ("zero", "ones"):
                changed[start : start + length] = bytes([0 if kind == "zero" else 255]) * length
            elif kind == "insert":
                changed[start:start] = self.draw.bytes(length)
            elif kind == "move":
                changed[start : start + length] = changed[-length:]
        return bytes(changed) if kind != "empty" else b""

    def mutate(self, folder: Path) -> str:
        """Changes a folder, and returns how."""
        kind = self.pick(["raw", "config", "config", "config", "weights", "weights", "metadata"])
        names = ["config.json", "metadata.json", "model.weights.h5"]
        if kind == "raw":
            path = folder / self.pick(names)
            path.write_bytes(self.bytes(path.read_bytes()))
        elif kind == "weights":
            path = folder / "model.weights.h5"
            path.write_bytes(self.bytes(path.read_bytes()))
            fit_metadata(folder)
        else:
            path = folder / f"{kind}.json"
            with deep():
                path.write_text(json.dumps(self.tree(json.loads(path.read_text()))))
            if kind == "config":
                fit_metadata(folder)
        return kind


def fit_metadata(folder: Path) -> None:
    """Lets metadata.json state the files as they are now."""
    path = folder / "metadata.json"
    metadata = json.loads(path.read_text())
    metadata["files"] = {name: file_entry(folder / name) for name in metadata["files"]}
    path.write_text(json.dumps(metadata))


def outcome(folder: Path, expected: np.ndarray | None = None) -> str:
    """Loads a preset; returns "refused", "loaded", or what is wrong.

    Args:
        folder: the preset's.
        expected: four samples with seed 7, if its config and its weights are as they were.
    """
    try:
        vae = tfvae.VAE.from_preset(folder)
    except PresetError as error:
        return "refused" if "\n" not in str(error) else f"more than a line: {error!r}"
    samples = np.asarray(vae.sample(4, seed=7))
    if samples.shape != (4, *vae.likelihood.mean_shape):
        return f"samples of shape {samples.shape}"
    if expected is not None and not np.allclose(samples, expected, 1e-5, 1e-6):
        return "other samples"
    return "loaded"


def samples_of(original: Path) -> np.ndarray:
    """Returns what a golden preset drew when it was made."""
    beside = original.with_suffix(".npz")
    with np.load(beside if beside.exists() else original.parent / "expected.npz") as expected:
        return expected["samples"]


def ring(*_: Any) -> None:
    raise TimeoutError("it hangs")


def guarded(action: Callable[[], str]) -> str:
    """Returns what an action returns, or in words what it raised, or that it took too long."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return action()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:2000]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(folder: Path, first: int, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    keras.utils.set_random_seed(0)
    originals = sorted(path.parent for path in BASES.glob("v*/**/model.weights.h5"))
    assert originals
    for original in originals:
        assert outcome(original, samples_of(original)) == "loaded"
    canary = folder / "canary"
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    signal.signal(signal.SIGALRM, ring)
    found: Counter[str] = Counter()
    wrong = {}
    for seed in range(first, first + count):
        mutator = Mutator(seed, canary)
        place = folder / "mutant"
        shutil.rmtree(place, ignore_errors=True)
        original = mutator.pick(originals)
        shutil.copytree(original, place)
        kind = mutator.mutate(place)
        # Whatever else was changed must not reach the model.
        expected = samples_of(original) if kind in ("raw", "metadata") else None
        (folder / "last").write_text(f"{seed} {kind}")
        told = guarded(partial(outcome, place, expected))
        found[f"{kind} {told if told in ('refused', 'loaded') else 'wrong'}"] += 1
        if told not in ("refused", "loaded"):
            wrong[f"{seed} {kind}"] = told
    print(json.dumps({"found": found, "wrong": wrong, "canary": canary.exists()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
