"""TFLite files as objects: read, changed, made smaller and written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

MARK = b"TFL3"
# The name, among a file's metadata, of what it says of itself.
ENTRY = "tfvae.model.json"
OPERATORS = {
    number: name for name, number in vars(schema.BuiltinOperator).items() if name[0] != "_"
}
TYPES = {number: name for name, number in vars(schema.TensorType).items() if name[0] != "_"}


def read_tflite(path: Path) -> Any:
    """Returns the `ModelT` of a file, without what a bundle's says of itself.

    It would be true no longer once anything is changed.
    """
    content = path.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    for buffer in model.buffers:
        if buffer.offset > 1:
            # The quantiser leaves the data behind the flatbuffer, as in files above 2 GB.
            end = buffer.offset + buffer.size
            buffer.data = np.frombuffer(content[buffer.offset : end], np.uint8)
            buffer.offset = buffer.size = 0
    for entry in [one for one in model.metadata or [] if one.name == ENTRY.encode()]:
        model.metadata.remove(entry)
        model.buffers[entry.buffer].data = None
    return model


def store_tflite(model: Any, path: Path) -> None:
    """Writes a `ModelT`."""
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), MARK)
    path.write_bytes(builder.Output())


class _SharingBuilder(flatbuffers.Builder):
    """Writes what is equal once: signatures repeat names, shapes, scales, and whole operations."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[Any, ...], int] = {}
        self._fields: list[tuple[Any, ...]] = []
        self._head_before = 0

    def CreateString(self, s: Any, *encoding: str) -> int:  # noqa: N802
        key = ("string", s.encode() if isinstance(s, str) else bytes(s))
        if key not in self._written:
            self._written[key] = super().CreateString(s, *encoding)
        return self._written[key]

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802
        key = (x.dtype.str, x.tobytes())
        if key not in self._written:
            # The schema asks that data of buffers lie at multiples of 16, which the base ignores.
            alignment = 16 if x.dtype == np.uint8 else x.dtype.itemsize
            self.StartVector(x.itemsize, x.size, alignment)
            content = key[1]
            self.head -= len(content)
            self.Bytes[self.head : self.head + len(content)] = content
            self._written[key] = self.EndVector()
        return self._written[key]

    def StartObject(self, numfields: int) -> None:  # noqa: N802
        self._fields, self._head_before = [], self.head
        super().StartObject(numfields)

    def PrependSlot(self, flags: Any, o: int, x: Any, d: Any) -> None:  # noqa: N802
        self._fields.append((flags.__name__, o, x))
        super().PrependSlot(flags, o, x, d)

    def PrependUOffsetTRelativeSlot(self, o: int, x: int, d: int) -> None:  # noqa: N802
        self._fields.append(("offset", o, x))
        super().PrependUOffsetTRelativeSlot(o, x, d)

    def EndObject(self) -> int:  # noqa: N802
        key = ("object", *self._fields)
        if key not in self._written:
            self._written[key] = super().EndObject()
        else:
            # The same is there: what was written of this one is taken back.
            self.head, self.nested, self.current_vtable = self._head_before, False, None
        return self._written[key]


def operators(model: Any) -> Iterator[tuple[Any, Any, str]]:
    """Yields each operation with its subgraph and its name."""
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            # Files of old writers have the small numbers in the deprecated field alone.
            yield graph, operator, OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]


def holds_data(model: Any, tensor: Any) -> bool:
    """Whether a tensor is a constant."""
    data = model.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def is_float(tensor: Any) -> bool:
    """Whether a tensor is of float32."""
    return bool(tensor.type == schema.TensorType.FLOAT32)


def restore_outputs(model: Any) -> None:
    """Makes the outputs of each signature those of its graph once more.

    Where a tensor is an output and is read by an operation in integers too, the quantiser puts its
    integers in its place in the graph, and leaves the signature as it was. LiteRT then keeps no
    memory for what the signature names.
    """
    for signature in model.signatureDefs or []:
        graph = model.subgraphs[signature.subgraphIndex]
        named = [output.tensorIndex for output in signature.outputs]
        missing = iter([number for number in named if number not in graph.outputs])
        graph.outputs = [
            number if number in named else next(missing, number) for number in graph.outputs
        ]


def compact(model: Any) -> None:
    """Makes a model smaller by what is no part of what it computes.

    Tensors lose their names, those without data share one buffer, data that nothing reads and
    empty records of quantisation go. Signatures name their inputs and outputs themselves.
    """
    read = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    read |= {entry.buffer for entry in model.metadata or []}
    kept = [0] + [
        number
        for number, buffer in enumerate(model.buffers)
        if number in read and number and buffer.data is not None and len(buffer.data)
    ]
    places = {number: place for place, number in enumerate(kept)}
    for graph in model.subgraphs:
        for number, tensor in enumerate(graph.tensors):
            tensor.name = str(number).encode()
            tensor.buffer = places.get(tensor.buffer, 0)
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
    for entry in model.metadata or []:
        entry.buffer = places[entry.buffer]
    model.buffers = [model.buffers[number] for number in kept]
