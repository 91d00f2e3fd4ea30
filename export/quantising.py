"""Making the weights, and the arithmetic, of a TFLite file smaller, in a process of its own.

`ai-edge-quantizer` does it, the optional extra `export`. It writes to standard error at length, and
takes memory; so this file imports nothing of tfvae and runs as a program:
`python quantising.py JOBS.json`. It is the one place that knows the quantiser.
"""

import json
import sys
from collections.abc import Sequence
from functools import reduce
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PACKAGE = "ai_edge_quantizer"
CURE = "pip install 'tfvae[export]'"
# The mark of products in the steps of a loop: their ranges are found as it runs.
LOOPED = "looped/"
# Examples at a time, where a file takes any number.
BATCH_SIZE = 64


class Job(NamedTuple):
    """One file to make from another.

    Args:
        source: a float32 TFLite file, its operations marked.
        target: where to write the smaller one.
        precision: "float16", "int8-weights" or "int8".
        operations: which operations, each by a mark and the quantiser's name for it.
        data: for "int8", an .npz file of what every signature is given, by SIGNATURE/INPUT.
        groups: for "int8", by shared weights, names of the input and the output of each product.
        integer: for "int8", whether inputs and outputs are int8 too.
        batch: how many rows the signatures take; None is any number.
    """

    source: str
    target: str
    precision: str
    operations: Sequence[tuple[str, str]]
    data: str = ""
    groups: Sequence[Sequence[tuple[str, str]]] = ()
    integer: bool = False
    batch: int | None = None


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
    # Not above: as a program, this file is no part of a package.
    from .programs import run_jobs

    run_jobs(__file__, jobs, QuantisingError)


def main(listed: str) -> None:
    """Runs the jobs of a file."""
    # Not needed, and slow to import.
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    for job in (Job(*fields) for fields in json.loads(Path(listed).read_text(encoding="utf-8"))):
        Path(job.target).write_bytes(_quantised(job))


def _quantised(job: Job) -> bytes:
    from ai_edge_quantizer import quantizer

    made = quantizer.Quantizer(job.source)
    for scope, operation in job.operations:
        _ask(made, operation, scope, job.precision)
    ranges: Any = None
    if job.precision == "int8":
        if job.integer:
            made.add_static_config("input/", "INPUT", 8, 8)
            made.add_static_config("output/", "OUTPUT", 8, 8)
        ranges = _ranges(job)
    result = made.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)


def _ask(made: Any, operation: str, scope: str, precision: str) -> None:
    from ai_edge_quantizer import algorithm_manager, qtyping

    name = qtyping.TFLOperationName(operation)
    if precision == "int8" and scope == LOOPED:
        made.add_dynamic_config(scope, name, 8)
    elif precision == "int8":
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


def _ranges(job: Job) -> dict[str, dict[str, Any]]:
    """Returns the range of each tensor, over all that the signatures are given.

    The quantiser's own mean over batches would cut off what is rare. The signatures share weights
    and biases, and a bias is stored in units of its input's scale: so inputs of products with the
    same weights have one range in all signatures, lest the last of them overwrite the bias of all.
    """
    from ai_edge_quantizer import calibrator

    # This mode alone sees every step of a loop, and asks for no tensor that nothing reads.
    mode = calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED
    meter = calibrator.Calibrator(job.source, mode=mode, qsv_update_func=_widest)
    meter.calibrate(_batches(job), None)
    ranges: dict[str, dict[str, Any]] = meter.get_model_qsvs()
    for group in job.groups:
        for names in zip(*group, strict=True):
            known = [ranges[name] for name in names if name in ranges]
            if known:
                ranges |= dict.fromkeys(names, reduce(_widest, known))
    return ranges


def _widest(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    # A table's missing values are NaN.
    return {
        "min": np.fmin(one["min"], other["min"]),
        "max": np.fmax(one["max"], other["max"]),
    }


def _batches(job: Job) -> dict[str, list[dict[str, np.ndarray]]]:
    """Returns what each signature is given, in batches that it takes."""
    found: dict[str, list[dict[str, np.ndarray]]] = {}
    size = job.batch or BATCH_SIZE
    for signature, arrays in _given(job.data).items():
        count = len(next(iter(arrays.values())))
        # A batch of fewer, where any number may come, would do; where one is fixed, none may.
        stop = count - count % size if job.batch else count
        found[signature] = [
            {name: array[start : start + size] for name, array in arrays.items()}
            for start in range(0, stop, size)
        ]
    return found


def _given(path: str) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path) as stored:
        for key in stored:
            signature, name = key.split("/")
            found.setdefault(signature, {})[name] = stored[key]
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
