"""How fast an artefact answers, in a process of its own that has nothing else in memory.

This file imports nothing of tfvae before it must, and runs as a program:
`python timing.py KIND PATH CALLS.npz THREADS` writes its findings as JSON to standard output.
"""

import time

# Before anything else is imported: what a user waits for begins here.
STARTED = time.perf_counter()

import functools  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable, Iterator, Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

# One call of an endpoint, its inputs in place.
Call = Callable[[], Any]

MIN_CALLS, MAX_CALLS, SECONDS = 20, 1000, 0.4
WARM_UP = 3


def measure(kind: str, path: Path, calls: Mapping[str, np.ndarray], threads: int) -> dict[str, Any]:
    """Measures an artefact in a new process.

    Args:
        kind: "TFLite", "SavedModel" or "Keras".
        path: where it is; of "Keras", a `.keras` file.
        calls: arrays by ENDPOINT/BATCH SIZE/INPUT.
        threads: how many it may use.

    Returns:
        `first_ms`, from the start of the program to the first result, with all imports; `peak_mb`,
        the memory of the process at its largest; `calls`, for each way, endpoint and batch size the
        median and the 95th percentile in microseconds; or `error`, why there are none.
    """
    # Not above: as a program, this file is no part of a package.
    from .programs import run_program

    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "calls.npz")
        np.savez(given, allow_pickle=False, **calls)
        arguments = [kind, str(path), str(given), str(threads)]
        done = run_program(__file__, *arguments, OMP_NUM_THREADS=str(threads))
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1][:500]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(kind: str, path: str, given: str, threads: str) -> None:
    """Measures what one file asks for."""
    ways = {"TFLite": _tflite, "SavedModel": _saved_model, "Keras": _keras}
    with np.load(given) as stored:
        calls: dict[tuple[str, str], dict[str, np.ndarray]] = {}
        for key in stored:
            endpoint, size, name = key.split("/")
            calls.setdefault((endpoint, size), {})[name] = stored[key]
    made = ways[kind](path, int(threads), calls)
    first, found = None, []
    for way, endpoint, size, call in made:
        call()
        first = first or 1000.0 * (time.perf_counter() - STARTED)
        found.append({"way": way, "endpoint": endpoint, "batch": int(size), **_timed(call)})
    print(json.dumps({"first_ms": first, "peak_mb": _peak_mb(), "calls": found}))


def _peak_mb() -> float:
    """Returns the memory of this process at its largest."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says on Linux begins with the size of the process that started this one.
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return float(fields["VmHWM"].split()[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _timed(call: Call) -> dict[str, float]:
    for _ in range(WARM_UP):
        call()
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(times) < MIN_CALLS or (time.perf_counter() < end and len(times) < MAX_CALLS):
        start = time.perf_counter()
        call()
        times.append(1e6 * (time.perf_counter() - start))
    return {"p50_us": float(np.percentile(times, 50)), "p95_us": float(np.percentile(times, 95))}


Made = Iterator[tuple[str, str, str, Call]]


def _tflite(path: str, threads: int, calls: Mapping[tuple[str, str], Any]) -> Made:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=threads)
    for (endpoint, size), inputs in calls.items():
        runner = interpreter.get_signature_runner(endpoint)
        for name, details in runner.get_input_details().items():
            scale, zero = details["quantization"]
            if scale:
                steps = np.clip(np.round(inputs[name] / scale) + zero, -128, 127)
                inputs[name] = steps.astype(details["dtype"])
        yield "LiteRT", endpoint, size, functools.partial(runner, **inputs)


def _limited_tensorflow(threads: int) -> Any:
    for module in ("keras", "tf_keras"):
        # TensorFlow imports Keras if it can.
        sys.modules[module] = None  # type: ignore[assignment]
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return tf


def _saved_model(path: str, threads: int, calls: Mapping[tuple[str, str], Any]) -> Made:
    tf = _limited_tensorflow(threads)
    loaded = tf.saved_model.load(path)
    for (endpoint, size), inputs in calls.items():
        function = loaded.signatures[endpoint]
        given = {name: tf.constant(value) for name, value in inputs.items()}
        yield "SavedModel", endpoint, size, functools.partial(_read, function, given)


def _keras(path: str, threads: int, calls: Mapping[tuple[str, str], Any]) -> Made:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import tfvae
    from tfvae.export.endpoints import endpoints_of

    vae = tfvae.VAE.load(path)
    endpoints = endpoints_of(vae)
    for (endpoint, size), inputs in calls.items():
        function = endpoints[endpoint].function
        given = {name: tf.constant(value) for name, value in inputs.items()}
        graph = tf.function(functools.partial(function), autograph=False)
        compiled = tf.function(functools.partial(function), autograph=False, jit_compile=True)
        ways = {"Keras call": function, "tf.function": graph, "tf.function, XLA": compiled}
        for way, run in ways.items():
            yield way, endpoint, size, functools.partial(_read, run, given)
        if endpoint == "reconstruct":
            read = {name: value for name, value in inputs.items() if not name.startswith("noise")}
            predict = functools.partial(vae.predict, verbose=0)
            x = read if len(read) > 1 else read["x"]
            yield "Keras predict", endpoint, size, functools.partial(predict, x)


def _read(function: Callable[..., Any], given: Mapping[str, Any]) -> list[np.ndarray]:
    return [value.numpy() for value in function(**given).values()]


if __name__ == "__main__":
    main(*sys.argv[1:])
