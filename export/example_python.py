"""Runs a model of this folder with numpy and ai-edge-litert alone: copy what you need.

    pip install numpy ai-edge-litert
    python example_python.py
    python example_python.py --file model_int8.tflite --seed 7 --rows 16
    python example_python.py --inputs mine.npz

It lists what the file can do, calls each function on inputs that it makes up, or on arrays of yours
by the names of inputs (x, z, ...), and writes what they return to outputs.npz. `model.json` beside
it says what each input and output means, and has the checksums of the files.
"""

import argparse
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

# NumPy only holds arrays here: it need not start threads that multiply them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent


def read_description(path: Path) -> dict[str, Any]:
    """Returns what model.json says.

    Raises:
        SystemExit: with one line, if it is missing, or damaged.
    """
    try:
        description = json.loads(path.read_bytes())
        checksums = [one["sha256"] for one in description["files"].values()]
        names = [one["path"] for one in description["artefacts"] if one["kind"] == "TFLite"]
        if not (names and all(isinstance(one, str) for one in checksums + names)):
            raise ValueError("it lists no TFLite file")
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}.") from error
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SystemExit(f"{path} is no model.json of tfvae, or is damaged: {reason}.") from error
    return {**description, "checksums": checksums, "names": names}


def meaning_of(description: dict[str, Any], name: str, output: str) -> str:
    """Returns what model.json says of an output."""
    said: Any = description
    for key in ("signatures", name, "outputs", output, "meaning"):
        said = said.get(key, "") if isinstance(said, dict) else ""
    return str(said).encode("utf-8", "replace").decode()


def open_model(path: Path, checksums: list[str]) -> dict[str, Any]:
    """Returns the functions of a .tflite file by name, each from named arrays to named arrays.

    A damaged file can end the process that opens it: so only what has a known checksum is opened.

    Args:
        path: the file.
        checksums: sha256 of the files that may be opened.

    Raises:
        SystemExit: with one line, if there is no such file, or it has none of the checksums.
    """
    from ai_edge_litert.interpreter import Interpreter

    if not path.is_file():
        raise SystemExit(f"There is no file {path}. Try --file model_float32.tflite.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() not in checksums:
        raise SystemExit(
            f"{path} is none of the files that model.json lists, or was cut short or altered: its "
            "sha256 is another. Copy the folder anew."
        )
    try:
        interpreter = Interpreter(model_content=content)
        return {
            name: interpreter.get_signature_runner(name)
            for name in interpreter.get_signature_list()
        }
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SystemExit(f"{path} is no TFLite file that can be opened: {reason}") from error


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Returns your own inputs by name.

    Raises:
        SystemExit: with one line, if the file is missing, damaged, or holds anything but numbers.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored}
    except FileNotFoundError as error:
        raise SystemExit(f"There is no file {path}.") from error
    except (AttributeError, EOFError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise SystemExit(f"{path} is no .npz file of arrays, or is damaged.") from error
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or not array.size or not array.ndim:
            raise SystemExit(f"`{name}` of {path} must be an array of numbers, a row an example.")
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise SystemExit(f"The arrays of {path} differ in their number of rows: {sizes}.")
    return arrays


def fitted(name: str, array: np.ndarray, one: dict[str, Any]) -> np.ndarray:
    """Returns an input as a function takes it.

    Args:
        name: its name.
        array: its values.
        one: the details of the input, as `get_input_details` returns them.

    Raises:
        SystemExit: with one line, if its shape or its type is another.
    """
    wanted = [int(size) for size in one["shape_signature"]]
    fits = len(wanted) == array.ndim and all(
        size in (-1, length) for size, length in zip(wanted, array.shape, strict=True)
    )
    if not fits:
        shape = ", ".join("any" if size < 0 else str(size) for size in wanted)
        raise SystemExit(f"`{name}` must have the shape [{shape}], but has {list(array.shape)}.")
    scale, zero = one["quantization"]
    if scale:
        # int8 stands for (value - zero) * scale.
        array = np.clip(np.round(array / scale) + zero, -128, 127)
    elif np.issubdtype(one["dtype"], np.integer) and array.dtype.kind not in "iu":
        dtype = np.dtype(one["dtype"]).name
        raise SystemExit(f"`{name}` must be of {dtype}, but is of {array.dtype}.")
    stored = array.astype(one["dtype"])
    if array.dtype.kind in "iu" and not np.array_equal(stored, array):
        raise SystemExit(f"`{name}` has values that {stored.dtype} cannot hold.")
    return stored


def made_up(name: str, one: dict[str, Any], rows: int, seed: int) -> np.ndarray:
    """Returns an input of the right shape.

    Args:
        name: its name.
        one: its details, as `get_input_details` returns them.
        rows: how many rows; a file of batches of one takes one.
        seed: seed of what is drawn.
    """
    generator = np.random.default_rng(seed)
    shape = [rows if size < 0 else int(size) for size in one["shape_signature"]]
    if name == "seed":
        return np.full(shape, seed)
    if name == "index":
        return np.arange(shape[0])
    if name in ("component", "codes"):
        return np.zeros(shape, np.int32)
    if name == "z" or name.startswith("noise"):
        # Uniform noise is between 0 and 1; model.json says which is which.
        return np.clip(generator.normal(size=shape), 0.001, 0.999)
    return generator.integers(0, 2, shape)


def main() -> None:
    """Calls every function of a file."""
    parser = argparse.ArgumentParser(description="Runs a model with ai-edge-litert.")
    parser.add_argument("--file", default="", help="a .tflite file; the first beside this program")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--inputs", default="", help="an .npz file of arrays, by names of inputs")
    parser.add_argument("--outputs", default="outputs.npz", help="where to write the results")
    asked = parser.parse_args()
    if not (-(2**31) <= asked.seed < 2**31 and asked.rows > 0):
        raise SystemExit("--seed must be a 32-bit whole number, and --rows above zero.")
    description = read_description(HERE / "model.json")
    mine = read_arrays(Path(asked.inputs)) if asked.inputs else {}
    rows = len(next(iter(mine.values()))) if mine else asked.rows
    path = Path(asked.file) if asked.file else HERE / description["names"][0]
    results = {}
    for name, function in open_model(path, description["checksums"]).items():
        inputs = {}
        for key, one in function.get_input_details().items():
            given = mine[key] if key in mine else made_up(key, one, rows, asked.seed)
            inputs[key] = fitted(key, given, one)
        for output, values in function(**inputs).items():
            results[f"{name}/{output}"] = values
            meaning = meaning_of(description, name, output)
            print(f"{name:18}{output:18}{values.dtype!s:9}{values.shape!s:18}{meaning}")
    np.savez(asked.outputs, allow_pickle=False, **results)


if __name__ == "__main__":
    main()
