"""Running an artefact by the name of an endpoint, on arrays.

This file imports neither tfvae nor Keras nor TensorFlow Probability, so that it also runs as a
program of its own, as `run_apart` runs it: `python running.py ARTEFACT CALLS.npz RESULTS.npz`.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Call = tuple[str, Mapping[str, Any]]

# What `run_apart` makes unimportable: first for every artefact, then for a TFLite file as well.
NOT_NEEDED = ("tfvae", "keras", "tf_keras", "tensorflow_probability")
NOT_NEEDED_BY_TFLITE = ("tensorflow",)
# Another name, for servers, of one of a SavedModel's endpoints.
SERVING_DEFAULT = "serving_default"

# What a bundle's TFLite files say of themselves begins with the SHA-256 that the file has with
# zeros in that place: no file can hold its own.
SEAL = b'{"sha256_with_zeros_here":"'
UNSEALED = b"0" * 64


class Artefact:
    """An exported model, opened.

    A file for batches of one runs row by row, and one with int8 inputs and outputs takes and gives
    the real numbers that they stand for.

    Args:
        path: where it is.
        inputs: of each endpoint, shape and dtype of each input by name; None is any number.
    """

    def __init__(self, path: Path, inputs: dict[str, dict[str, tuple[tuple, Any]]]) -> None:
        self.path, self.inputs = path, inputs

    @property
    def endpoints(self) -> list[str]:
        """The names of the endpoints, in alphabetical order."""
        return sorted(self.inputs)

    def run(self, endpoint: str, **inputs: Any) -> Arrays:
        """Runs one endpoint.

        Args:
            endpoint: its name.
            **inputs: its inputs by name, each array-like `[B, ...]`.

        Returns:
            Its outputs by name, each `[B, ...]`.

        Raises:
            ValueError: if there is no such endpoint, or the inputs are not those that it takes.
        """
        if endpoint not in self.inputs:
            raise ValueError(
                f"{self.path} has no endpoint {endpoint!r}; it has {', '.join(self.endpoints)}."
            )
        expected = self.inputs[endpoint]
        if set(inputs) != set(expected):
            raise ValueError(
                f"`{endpoint}` takes the inputs {', '.join(sorted(expected))}, but was given "
                f"{', '.join(sorted(inputs)) or 'none'}."
            )
        arrays = {name: _checked(name, inputs[name], *expected[name]) for name in expected}
        if len({len(array) for array in arrays.values()}) > 1:
            sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
            raise ValueError(f"The inputs of `{endpoint}` differ in their number of rows: {sizes}.")
        return self._call(endpoint, arrays)

    def quantisation(self) -> dict[str, dict[str, dict[str, list[Any]]]]:
        """Returns scale and zero point of inputs and outputs that are stored in eight bits."""
        return {}

    def _call(self, endpoint: str, arrays: Arrays) -> Arrays:
        raise TypeError(f"{type(self).__name__} must define `_call`.")


def _checked(name: str, value: Any, shape: tuple, dtype: Any) -> np.ndarray:
    array = np.asarray(value)
    kinds = "iu" if np.issubdtype(dtype, np.integer) else "fiub"
    if array.dtype.kind not in kinds:
        raise ValueError(f"`{name}` must be of {np.dtype(dtype).name}, but is of {array.dtype}.")
    if array.ndim != len(shape) or array.shape[1:] != tuple(shape[1:]) or len(array) < 1:
        rows = ", ".join(["B", *map(str, shape[1:])])
        raise ValueError(
            f"`{name}` must have the shape [{rows}] with at least one row, but has "
            f"{list(array.shape)}."
        )
    if "f" not in kinds and (
        array.min() < np.iinfo(dtype).min or array.max() > np.iinfo(dtype).max
    ):
        raise ValueError(f"`{name}` has values that {np.dtype(dtype).name} cannot hold.")
    return np.ascontiguousarray(array, dtype)


class _SavedModel(Artefact):
    def __init__(self, path: Path) -> None:
        import tensorflow as tf

        try:
            # Kept: the functions hold their variables by weak references.
            self._loaded = tf.saved_model.load(str(path))
        except (IndexError, tf.errors.OpError) as error:
            # What TensorFlow says of variables that are cut short or altered.
            raise ValueError(str(error)) from error
        self._functions = dict(self._loaded.signatures)
        self._functions.pop(SERVING_DEFAULT, None)
        inputs = {}
        for endpoint, function in self._functions.items():
            specs = function.structured_input_signature[1]
            inputs[endpoint] = {
                name: (tuple(spec.shape), spec.dtype.as_numpy_dtype) for name, spec in specs.items()
            }
        super().__init__(path, inputs)

    def _call(self, endpoint: str, arrays: Arrays) -> Arrays:
        import tensorflow as tf

        given = {name: tf.constant(array) for name, array in arrays.items()}
        return {name: out.numpy() for name, out in self._functions[endpoint](**given).items()}


class _TFLite(Artefact):
    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        if is_altered(path.read_bytes()):
            # LiteRT checks the offsets of a file, but what they lead to can still end the process.
            raise ValueError("it was cut short or altered since it was written.")
        with _quiet():
            self._interpreter = Interpreter(model_path=str(path))
            self._interpreter.allocate_tensors()
            names = self._interpreter.get_signature_list()
            self._runners = {
                name: self._interpreter.get_signature_runner(name) for name in sorted(names)
            }
        inputs = {}
        for endpoint, runner in self._runners.items():
            details = runner.get_input_details()
            inputs[endpoint] = {
                name: (
                    tuple(None if n < 0 else int(n) for n in one["shape_signature"]),
                    np.float32 if one["quantization"][0] else one["dtype"],
                )
                for name, one in details.items()
            }
        super().__init__(path, inputs)

    def _call(self, endpoint: str, arrays: Arrays) -> Arrays:
        runner = self._runners[endpoint]
        details = runner.get_input_details()
        given = {name: _as_stored(array, details[name]) for name, array in arrays.items()}
        if all(one["shape_signature"][0] == 1 for one in details.values()):
            rows = range(len(next(iter(given.values()))))
            parts = [runner(**{name: each[[row]] for name, each in given.items()}) for row in rows]
            found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        else:
            found = dict(runner(**given))
        details = runner.get_output_details()
        return {name: _as_values(array, details[name]) for name, array in found.items()}

    def quantisation(self) -> dict[str, dict[str, dict[str, list[Any]]]]:
        found: dict[str, dict[str, dict[str, list[Any]]]] = {}
        for endpoint, runner in self._runners.items():
            sides = {"inputs": runner.get_input_details(), "outputs": runner.get_output_details()}
            found[endpoint] = {
                side: {
                    name: [float(one["quantization"][0]), int(one["quantization"][1])]
                    for name, one in details.items()
                    if one["quantization"][0]
                }
                for side, details in sides.items()
            }
        return found


def _as_stored(array: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Returns real numbers in the eight bits of a signature that takes such, and all else as is."""
    scale, zero = details["quantization"]
    if not scale:
        return array
    limits = np.iinfo(details["dtype"])
    steps = np.round(array / scale) + zero
    return np.clip(steps, limits.min, limits.max).astype(details["dtype"])


def _as_values(array: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    scale, zero = details["quantization"]
    return np.float32(scale) * (array.astype(np.float32) - zero) if scale else array


def seal_of(content: bytes) -> bytes:
    """Returns what follows the mark in a sealed file: its SHA-256, taken with zeros there."""
    start = content.index(SEAL) + len(SEAL)
    digest = hashlib.sha256(memoryview(content)[:start])
    digest.update(UNSEALED)
    digest.update(memoryview(content)[start + len(UNSEALED) :])
    return digest.hexdigest().encode()


def is_altered(content: bytes) -> bool:
    """Whether a file has another SHA-256 than it states; one that states none has not."""
    mark = content.find(SEAL)
    start = mark + len(SEAL)
    return mark >= 0 and content[start : start + len(UNSEALED)] != seal_of(content)


def open_artefact(path: str | Path) -> Artefact:
    """Opens a SavedModel's folder or a `.tflite` file.

    Args:
        path: where it is.

    Returns:
        The artefact, whose `run` runs an endpoint by its name.

    Raises:
        ValueError: if there is neither of the two at the path, or it is damaged.
    """
    path = Path(path)
    if path.is_dir():
        kind: Any = _SavedModel
    elif path.is_file():
        kind = _TFLite
    else:
        raise ValueError(f"There is no artefact at {path}: expected a folder or a .tflite file.")
    try:
        return kind(path)
    except (OSError, RuntimeError, ValueError) as error:
        what = "SavedModel" if kind is _SavedModel else "TFLite file"
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is no {what} that can be opened: {reason}") from error


def run_apart(path: str | Path, calls: Sequence[Call]) -> list[Arrays]:
    """Runs endpoints of an artefact in a process that can import neither tfvae, Keras nor TFP.

    For a TFLite file that process cannot import TensorFlow either.

    Args:
        path: the artefact.
        calls: pairs of an endpoint's name and its inputs by name.

    Returns:
        The outputs of each call, by name.

    Raises:
        ValueError: if the process failed; the message ends with what it wrote last.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "calls.npz"), Path(folder, "results.npz")
        flat = {
            f"{number}/{endpoint}/{name}": np.asarray(value)
            for number, (endpoint, inputs) in enumerate(calls)
            for name, value in inputs.items()
        }
        np.savez(asked, allow_pickle=False, **flat)
        command = [sys.executable, "-P", __file__, str(path), str(asked), str(answered)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(f"{path} did not run by itself: {done.stderr.strip()[-2000:]}")
        with np.load(answered) as results:
            return _by_call(results, len(calls))


def _by_call(flat: Mapping[str, np.ndarray], count: int) -> list[Arrays]:
    results: list[Arrays] = [{} for _ in range(count)]
    for key in flat:
        number, _, name = key.split("/")
        results[int(number)][name] = flat[key]
    return results


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps from standard error that LiteRT reports there, from C++, the delegate that it made."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(original, 2)
            os.close(original)


def main(path: str, asked: str, answered: str) -> None:
    """Runs the calls of one file on an artefact, and writes their results to another."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for module in NOT_NEEDED if Path(path).is_dir() else NOT_NEEDED + NOT_NEEDED_BY_TFLITE:
        # An import of it then raises an ImportError.
        sys.modules[module] = None  # type: ignore[assignment]
    artefact = open_artefact(path)
    with np.load(asked) as flat:
        endpoints = {int(key.split("/")[0]): key.split("/")[1] for key in flat}
        calls = _by_call(flat, len(endpoints))
    results = {}
    for number, inputs in enumerate(calls):
        for name, value in artefact.run(endpoints[number], **inputs).items():
            results[f"{number}/{endpoints[number]}/{name}"] = value
    np.savez(answered, allow_pickle=False, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
