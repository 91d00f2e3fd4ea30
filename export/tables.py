"""Constants of a TFLite file that no product with weights reads, such as a prior's, made smaller.

A quantiser takes the weights of products alone. Where the components of a prior are many, or a
model embeds words, the tables of the rest weigh as much as a layer.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .tflite_file import holds_data, is_float

# Below it, an operation that restores the table weighs more than is saved.
FEWEST_BYTES = 4096


def halve_tables(model: Any) -> None:
    """Stores float32 tables of the signatures in float16, restored once when a file is loaded.

    Args:
        model: the `ModelT` of a file, its products done.
    """
    halves: dict[int, int] = {}
    restoring: int | None = None
    for number in sorted({signature.subgraphIndex for signature in model.signatureDefs or []}):
        graph = model.subgraphs[number]
        for place, tensor in list(_tables(model, graph)):
            if restoring is None:
                restoring = _restoring_code(model)
            half = _half(model, tensor, halves)
            graph.tensors.append(half)
            operator = schema.OperatorT()
            operator.opcodeIndex = restoring
            operator.inputs = np.array([len(graph.tensors) - 1], np.int32)
            operator.outputs = np.array([place], np.int32)
            graph.operators.insert(0, operator)
            tensor.buffer = 0


def _tables(model: Any, graph: Any) -> Iterator[tuple[int, Any]]:
    """Yields the number and the tensor of each table."""
    for place, tensor in enumerate(graph.tensors):
        if is_float(tensor) and holds_data(model, tensor) and place not in graph.outputs:
            values = model.buffers[tensor.buffer].data
            if len(values) >= FEWEST_BYTES and _fits(values):
                yield place, tensor


def _fits(data: np.ndarray) -> bool:
    """Whether float16 holds numbers of this size: none too large, and no scale too small."""
    values = np.asarray(data, np.uint8).view(np.float32)
    limits = np.finfo(np.float16)
    # Near zero its steps are even: enough for a location, but not for what is divided by.
    of_one_sign = np.all(values > 0.0) or np.all(values < 0.0)
    too_small = of_one_sign and np.min(np.abs(values)) < limits.tiny
    return bool(np.max(np.abs(values)) < limits.max and not too_small)


def _half(model: Any, tensor: Any, halves: dict[int, int]) -> Any:
    """Returns a tensor of the same numbers in float16; signatures share its buffer."""
    if tensor.buffer not in halves:
        values = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(np.float32)
        buffer = schema.BufferT()
        buffer.data = values.astype(np.float16).view(np.uint8)
        halves[tensor.buffer] = len(model.buffers)
        model.buffers.append(buffer)
    half = schema.TensorT()
    half.name = tensor.name + b"_half"
    half.shape, half.type = tensor.shape, schema.TensorType.FLOAT16
    half.buffer = halves[tensor.buffer]
    return half


def _restoring_code(model: Any) -> int:
    """Returns the number of the operation that makes float32 of float16."""
    # The oldest version of the operation that knows float16.
    operation, version = schema.BuiltinOperator.DEQUANTIZE, 3
    for number, code in enumerate(model.operatorCodes):
        if code.builtinCode == operation and code.version >= version:
            return number
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = operation
    code.version = version
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
