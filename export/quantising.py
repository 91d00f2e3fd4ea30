"""Making the weights, and the arithmetic, of a TFLite file smaller, in a process of its own.

`ai-edge-quantizer` does it, the optional extra `export`. It writes to standard error at length, and
its calibration keeps every tensor of the model in memory; so this file imports nothing of tfvae and
runs as a program: `python quantising.py JOBS.json`. It is the one place that knows the quantiser.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PACKAGE = "ai_edge_quantizer"
CURE = "pip install 'tfvae[export]'"
# Examples at a time in calibration, which keeps all tensors between them.
BATCH_SIZE = 64


class Job(NamedTuple):
    """One file to make from another.

    Args:
        source: a float32 TFLite file, its operations marked.
        target: where to write the smaller one.
        precision: "float16", "int8-weights" or "int8".
        data: for "int8", an .npz file of what every signature is given, by SIGNATURE/INPUT.
        groups: for "int8", by shared weights, names of the input and the output of each product.
        integer: for "int8", whether inputs and outputs are int8 too.
    """

    source: str
    target: str
    precision: str
    data: str = ""
    groups: Sequence[Sequence[tuple[str, str]]] = ()
    integer: bool = False


class QuantisingError(Exception):
    """The quantiser failed.

    Args:
        log: what it wrote.
    """


def is_installed() -> bool:
    """Whether the quantiser can be imported."""
    return util.find_spec(PACKAGE) is not None


def quantise(jobs: Sequence[Job]) -> None:
    """Makes each file, one after another.

    Raises:
        QuantisingError: if one of them fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "jobs.json")
        listed.write_text(json.dumps(list(jobs)), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-P", __file__, str(listed)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode != 0:
        raise QuantisingError(done.stderr.strip() or f"exit code {done.returncode}")


def main(listed: str) -> None:
    """Runs the jobs of a file."""
    # Not needed, and slow to import.
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    for job in (Job(*fields) for fields in json.loads(Path(listed).read_text(encoding="utf-8"))):
        Path(job.target).write_bytes(_quantised(job))


def _quantised(job: Job) -> bytes:
    from ai_edge_quantizer import quantizer

    made = quantizer.Quantizer(job.source)
    for operation, scope in _operations(job.precision):
        _ask(made, operation, scope, job.precision)
    ranges: Any = None
    if job.precision == "int8":
        if job.integer:
            made.add_static_config("input/", "INPUT", 8, 8)
            made.add_static_config("output/", "OUTPUT", 8, 8)
        ranges = _ranges(made, job)
    result = made.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)


def _operations(precision: str) -> Iterator[tuple[str, str]]:
    """Yields what is asked for, and under which mark."""
    for name in ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D_TRANSPOSE"):
        yield name, "weighted/"
    if precision == "int8":
        for name in (
            *("ADD", "AVERAGE_POOL_2D", "CONCATENATION", "LOGISTIC", "MAX_POOL_2D", "MUL", "PAD"),
            *("RELU", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SPLIT", "TANH"),
        ):
            yield name, "between/"


def _ask(made: Any, operation: str, scope: str, precision: str) -> None:
    from ai_edge_quantizer import algorithm_manager, qtyping

    name = qtyping.TFLOperationName(operation)
    if precision == "int8":
        made.add_static_config(scope, name, 8, 8)
    elif precision == "int8-weights":
        made.add_weight_only_config(scope, name, 8)
    else:
        weights = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
        config = qtyping.OpQuantizationConfig(
            weight_tensor_config=weights,
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        )
        made.update_quantization_recipe(
            scope, name, config, algorithm_manager.AlgorithmName.FLOAT_CASTING
        )


def _ranges(made: Any, job: Job) -> dict[str, dict[str, Any]]:
    """Returns the range of each tensor, over all batches of what the signatures are given.

    The quantiser's own mean over batches would cut off what is rare. The signatures share weights
    and biases, and a bias is stored in units of its input's scale: so inputs of products with the
    same weights have one range in all signatures, lest the last of them overwrite the bias of all.
    """
    found: dict[str, dict[str, Any]] = {}
    for batch in _batches(job.data):
        for name, range_ in made.calibrate(batch).items():
            found[name] = _joined(found[name], range_) if found.get(name) else range_
    for group in job.groups:
        for names in zip(*group, strict=True):
            known = [found[name] for name in names if found.get(name)]
            for name in names if known else ():
                whole = known[0]
                for other in known[1:]:
                    whole = _joined(whole, other)
                found[name] = dict(whole)
    return found


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        "min": np.minimum(one["min"], other["min"]),
        "max": np.maximum(one["max"], other["max"]),
    }


def _batches(path: str) -> Iterator[dict[str, list[dict[str, np.ndarray]]]]:
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored}
    count = max(len(array) for array in arrays.values())
    for start in range(0, count, BATCH_SIZE):
        batch: dict[str, list[dict[str, np.ndarray]]] = {}
        for key, array in arrays.items():
            signature, name = key.split("/")
            batch.setdefault(signature, [{}])[0][name] = array[start : start + BATCH_SIZE]
        yield batch


if __name__ == "__main__":
    main(*sys.argv[1:])
