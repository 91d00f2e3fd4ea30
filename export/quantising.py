"""Making the weights, and the arithmetic, of a TFLite file smaller, in a process of its own.

`ai-edge-quantizer` does it, the optional extra `export`. It writes to standard error at length, and
its calibration keeps every tensor of the model in memory; so this file imports nothing of tfvae and
runs as a program: `python quantising.py JOBS.json`. It is the one place that knows the quantiser.
"""

import json
import sys
from collections.abc import Sequence
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
        operations: which operations, each by a mark and the quantiser's name for it.
        data: for "int8", an .npz file of what every signature is given, by SIGNATURE/INPUT.
        groups: for "int8", by shared weights, names of the input and the output of each product.
        integer: for "int8", whether inputs and outputs are int8 too.
    """

    source: str
    target: str
    precision: str
    operations: Sequence[tuple[str, str]]
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
        ranges = _ranges(made, job)
    result = made.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)


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
    """Returns the range of each tensor, over all that the signatures are given.

    The quantiser's own mean over batches would cut off what is rare, and takes seconds an example
    where the batch is one. The signatures share weights and biases, and a bias is stored in units
    of its input's scale: so inputs of products with the same weights have one range in all
    signatures, lest the last of them overwrite the bias of all.
    """
    given = _given(job.data)
    single = {
        signature: [{name: array[:1] for name, array in arrays.items()}]
        for signature, arrays in given.items()
    }
    # Which tensors it wants, and in which form.
    stored: dict[str, dict[str, Any]] = made.calibrate(single)
    seen = _extremes(job.source, given, set(stored))
    for group in job.groups:
        for names in zip(*group, strict=True):
            # Products outside the networks stay in float, and have no range.
            lows_and_highs = [seen[name] for name in names if name in seen]
            if lows_and_highs:
                lows, highs = zip(*lows_and_highs, strict=True)
                seen |= dict.fromkeys(names, (min(lows), max(highs)))
    for name, range_ in stored.items():
        low, high = seen[name]
        range_["min"] = np.full_like(range_["min"], low)
        range_["max"] = np.full_like(range_["max"], high)
    return stored


def _extremes(
    source: str, given: dict[str, dict[str, np.ndarray]], wanted: set[str]
) -> dict[str, tuple[float, float]]:
    """Returns the least and the largest value of tensors by name, over all rows."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(source, experimental_preserve_all_tensors=True)
    places = {
        tensor["name"]: (graph, tensor["index"])
        for graph in range(interpreter.num_subgraphs())
        for tensor in interpreter.get_tensor_details(graph)
    }
    seen: dict[str, tuple[float, float]] = {}
    for signature, arrays in given.items():
        runner = interpreter.get_signature_runner(signature)
        one = next(iter(runner.get_input_details().values()))
        inside = places[one["name"]][0]
        names = [name for name in wanted if places[name][0] == inside]
        size = 1 if one["shape_signature"][0] == 1 else BATCH_SIZE
        for start in range(0, len(next(iter(arrays.values()))), size):
            runner(**{name: array[start : start + size] for name, array in arrays.items()})
            for name in names:
                graph, index = places[name]
                values = interpreter.get_tensor(index, graph)
                low, high = seen.get(name, (np.inf, -np.inf))
                # A table's missing values are NaN.
                seen[name] = (
                    min(low, float(np.nanmin(values))),
                    max(high, float(np.nanmax(values))),
                )
    return seen


def _given(path: str) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path) as stored:
        for key in stored:
            signature, name = key.split("/")
            found.setdefault(signature, {})[name] = stored[key]
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
