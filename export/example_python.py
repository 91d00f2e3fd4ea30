"""Runs a model of this folder with numpy and ai-edge-litert alone: copy what you need.

    pip install numpy ai-edge-litert
    python example_python.py
    python example_python.py --file model_int8.tflite --seed 7 --rows 16

It lists what the file can do, calls each function on inputs that it makes up, and writes what they
return to outputs.npz. `model.json` beside it says what each input and output means.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

# NumPy only holds arrays here: it need not start threads that multiply them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent


def open_model(path: Path) -> dict[str, Any]:
    """Returns the functions of a .tflite file by name, each from named arrays to named arrays.

    Raises:
        SystemExit: with one line, if there is no such file, or it is damaged.
    """
    from ai_edge_litert.interpreter import Interpreter

    if not path.is_file():
        raise SystemExit(f"There is no file {path}. Try --file model_float32.tflite.")
    try:
        interpreter = Interpreter(model_path=str(path))
        functions = {
            name: interpreter.get_signature_runner(name)
            for name in interpreter.get_signature_list()
        }
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"{path} is no TFLite file that can be opened: {error}") from error
    if not functions:
        raise SystemExit(f"{path} is a TFLite file, but has no signatures: it is none of tfvae's.")
    return functions


def made_up(details: dict[str, Any], rows: int, seed: int) -> dict[str, np.ndarray]:
    """Returns inputs of the right shape: put your own data here.

    Args:
        details: of each input, by name, as `get_input_details` returns them.
        rows: how many rows; a file of batches of one takes one.
        seed: seed of what is drawn.
    """
    generator = np.random.default_rng(seed)
    inputs = {}
    for name, one in details.items():
        shape = [rows if size < 0 else int(size) for size in one["shape_signature"]]
        if name == "seed":
            values: Any = np.full(shape, seed)
        elif name == "index":
            values = np.arange(shape[0])
        elif name in ("component", "codes"):
            values = np.zeros(shape)
        elif name == "z" or name.startswith("noise"):
            # Uniform noise is between 0 and 1; model.json says which is which.
            values = np.clip(generator.normal(size=shape), 0.001, 0.999)
        else:
            values = generator.integers(0, 2, shape)
        scale, zero = one["quantization"]
        if scale:
            # int8 stands for (value - zero) * scale.
            values = np.clip(np.round(values / scale) + zero, -128, 127)
        inputs[name] = values.astype(one["dtype"])
    return inputs


def main() -> None:
    """Calls every function of a file."""
    parser = argparse.ArgumentParser(description="Runs a model with ai-edge-litert.")
    parser.add_argument("--file", default="", help="a .tflite file; the first beside this program")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--outputs", default="outputs.npz", help="where to write the results")
    asked = parser.parse_args()
    if not (-(2**31) <= asked.seed < 2**31 and asked.rows > 0):
        raise SystemExit("--seed must be a 32-bit whole number, and --rows above zero.")
    description = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
    files = [one["path"] for one in description["artefacts"] if one["kind"] == "TFLite"]
    path = Path(asked.file) if asked.file else HERE / files[0]
    results = {}
    for name, function in open_model(path).items():
        inputs = made_up(function.get_input_details(), asked.rows, asked.seed)
        for output, values in function(**inputs).items():
            results[f"{name}/{output}"] = values
            meaning = description["signatures"][name]["outputs"][output]["meaning"]
            print(f"{name:18}{output:18}{values.dtype!s:9}{values.shape!s:18}{meaning}")
    np.savez(asked.outputs, allow_pickle=False, **results)


if __name__ == "__main__":
    main()
