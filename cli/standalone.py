"""Runs a tfvae artefact without tfvae, Keras or TensorFlow Probability: copy what you need.

    python run_artefact.py saved_model inputs.npz outputs.npz
    python run_artefact.py digits.tflite inputs.npz outputs.npz

The keys of both .npz files are ENDPOINT/NAME. A SavedModel needs TensorFlow; a .tflite file needs
ai-edge-litert alone.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

Endpoints = dict[str, Callable[..., dict[str, Any]]]

ABSENT = ["tfvae", "tfvae_cli", "keras", "tf_keras", "tensorflow_probability"]


def open_saved_model(path: str) -> Endpoints:
    """Returns the endpoints by name, each from named arrays to named arrays."""
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def endpoint(name: str) -> Callable[..., dict[str, Any]]:
        def run(**arrays: np.ndarray) -> dict[str, Any]:
            tensors = {key: tf.constant(array) for key, array in arrays.items()}
            return {key: out.numpy() for key, out in loaded.signatures[name](**tensors).items()}

        return run

    return {name: endpoint(name) for name in loaded.signatures}


def open_tflite(path: str) -> Endpoints:
    """Returns the endpoints by name, each from named arrays to named arrays."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path)
    return {
        name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()
    }


def main(path: str, inputs: str, outputs: str) -> None:
    """Runs every endpoint that has inputs, and prints which packages this process imported."""
    tflite = path.endswith(".tflite")
    absent = [*ABSENT, "tensorflow"] if tflite else ABSENT
    for name in absent:
        # From here on an import of it raises an ImportError.
        sys.modules[name] = None  # type: ignore[assignment]
    endpoints = open_tflite(path) if tflite else open_saved_model(path)
    with np.load(inputs) as stored:
        given = {key: stored[key] for key in stored}
    results = {}
    for name in sorted({key.split("/")[0] for key in given}):
        arrays = {key.split("/")[1]: given[key] for key in given if key.startswith(f"{name}/")}
        for key, value in endpoints[name](**arrays).items():
            results[f"{name}/{key}"] = value
    np.savez(outputs, **results)
    imported = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
    assert imported.isdisjoint(absent), sorted(imported & set(absent))
    packages = imported - set(sys.stdlib_module_names)
    print(json.dumps(sorted(name for name in packages if name.isidentifier() and name[0] != "_")))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main(*sys.argv[1:])
