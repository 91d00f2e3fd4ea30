"""What a TFLite file holds, read from its flatbuffer alone."""

import json
import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from ..errors import ArtefactError
from ..running import SEAL, is_altered
from ..tflite_file import ENTRY, OPERATORS, TYPES
from .contents import Contents, Signature, Value, Weight, by_count, by_size
from .described import explained, printable

# What reading a flatbuffer whose offsets or lengths are wrong was seen to raise.
DAMAGE = (AttributeError, IndexError, OverflowError, TypeError, ValueError, struct.error)
CUSTOM = "CUSTOM"
# LiteRT's kernels take eight at most.
MOST_AXES = 64
CURE = "Copy or export it anew."
BITS = {"INT2": 2, "INT4": 4, "UINT4": 4, "BOOL": 8, "FLOAT8_E4M3FN": 8, "FLOAT8_E5M2": 8}
BITS |= {"BFLOAT16": 16, "COMPLEX64": 64, "COMPLEX128": 128}
BITS |= {f"{kind}{size}": size for kind in ("INT", "UINT", "FLOAT") for size in (8, 16, 32, 64)}


def read_tflite_contents(path: Path, about: dict[str, Any]) -> Contents:
    """Reads a TFLite file.

    Args:
        path: the file.
        about: what a model.json beside it says; the file's own comes first.

    Raises:
        ArtefactError: if the file is cut short or altered.
    """
    content = path.read_bytes()
    if is_altered(content):
        raise ArtefactError(
            f"{path} has another sha256 than it had when it was written: it was cut short or "
            f"altered. {CURE}"
        )
    try:
        return _Reader(content).contents(path, about)
    except DAMAGE as error:
        raise ArtefactError(
            f"{path} begins as a TFLite file, but is cut short or altered ({error}). {CURE}"
        ) from error


class _Reader:
    """Reads a flatbuffer in time that its length bounds, whatever its offsets and counts say."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        # Every table takes four bytes at least; where more are met, they lie upon each other.
        self.left = len(content) // 4
        self.model = schema.Model.GetRootAs(content, 0)
        self.buffers = list(self.each(self.model.BuffersLength(), self.model.Buffers))
        self.graphs = list(self.each(self.model.SubgraphsLength(), self.model.Subgraphs))
        self.tensors = [list(self.each(one.TensorsLength(), one.Tensors)) for one in self.graphs]
        codes = self.each(self.model.OperatorCodesLength(), self.model.OperatorCodes)
        self.names = [_operator_name(code) for code in codes]

    def each(self, count: int, get: Callable[[int], Any]) -> Iterator[Any]:
        """Yields the tables of a vector."""
        self.left -= count
        if self.left < 0:
            raise ValueError("it states more tables than it has room for")
        return map(get, range(count))

    def contents(self, path: Path, about: dict[str, Any]) -> Contents:
        """Returns what the file holds."""
        if not self.graphs:
            raise ValueError("it has no graph")
        sizes = [self.size(buffer) for buffer in self.buffers]
        weights, constants, activations = self.stored(sizes)
        entries = self.entries()
        metadata = {name: sizes[number] for name, number in entries.items()}
        own = self.description(entries)
        parts = {"weights": sum(one.bytes for one in weights), "constants": constants}
        parts["metadata"] = sum(metadata.values())
        return Contents(
            path=path,
            kind="TFLite",
            signatures=tuple(explained(one, own or about) for one in self.signatures()),
            operators=self.operators(),
            weights=by_size(weights),
            activations=activations,
            sizes=_with_rest(len(self.content), parts),
            metadata=metadata,
            about=own or about,
            checked_by=(ENTRY,) if own else (),
        )

    def size(self, buffer: Any) -> int:
        """Returns the bytes of a buffer, in the flatbuffer or behind it."""
        if buffer.Offset() > 1:
            if buffer.Offset() + buffer.Size() > len(self.content):
                raise ValueError("a buffer ends behind the end of the file")
            return int(buffer.Size())
        # A view, which is refused where it would end behind the end of the file.
        return 0 if buffer.DataIsNone() else len(buffer.DataAsNumpy())

    def data(self, number: int) -> bytes:
        """Returns what a buffer holds."""
        buffer = self.buffers[number]
        if buffer.Offset() > 1:
            return self.content[buffer.Offset() : buffer.Offset() + buffer.Size()]
        return b"" if buffer.DataIsNone() else buffer.DataAsNumpy().tobytes()

    def stored(self, sizes: list[int]) -> tuple[list[Weight], int, dict[str, int]]:
        """Returns the weights, the bytes of other constants, and how many tensors are computed."""
        weights: dict[int, Weight] = {}
        constants: dict[int, int] = {}
        activations: Counter[str] = Counter()
        for tensor in (tensor for tensors in self.tensors for tensor in tensors):
            number = tensor.Buffer()
            size = sizes[number] if number < len(sizes) else _refuse("a tensor has no buffer")
            if not size:
                activations[_type_name(tensor)] += 1
            elif number not in weights and number not in constants:
                _check_size(tensor, size)
                if _is_weight(tensor):
                    weights[number] = _weight(tensor, size)
                else:
                    constants[number] = size
        return list(weights.values()), sum(constants.values()), dict(activations)

    def operators(self) -> Any:
        """Returns the kinds of operations, and in which type each computes."""
        counts: Counter[str] = Counter()
        types: dict[str, Counter[str]] = defaultdict(Counter)
        for graph, tensors in zip(self.graphs, self.tensors, strict=True):
            for operator in self.each(graph.OperatorsLength(), graph.Operators):
                name = self.names[operator.OpcodeIndex()]
                counts[name] += 1
                if operator.OutputsLength():
                    types[name][_type_name(tensors[operator.Outputs(0)])] += 1
        return by_count(counts, types)

    def signatures(self) -> Iterator[Signature]:
        """Yields the signatures; the first graph, where the file names none."""
        count = self.model.SignatureDefsLength()
        for one in self.each(count, self.model.SignatureDefs):
            tensors = self.tensors[one.SubgraphIndex()]
            yield Signature(
                printable(one.SignatureKey()),
                tuple(self.named(one.InputsLength(), one.Inputs, tensors)),
                tuple(self.named(one.OutputsLength(), one.Outputs, tensors)),
            )
        if not count:
            graph, tensors = self.graphs[0], self.tensors[0]
            sides = [
                [] if side is None else [tensors[number] for number in side]
                for side in (_numbers(graph.InputsAsNumpy()), _numbers(graph.OutputsAsNumpy()))
            ]
            inputs, outputs = (
                tuple(_value(printable(tensor.Name()), tensor) for tensor in side) for side in sides
            )
            yield Signature("", inputs, outputs)

    def named(self, count: int, get: Callable[[int], Any], tensors: list[Any]) -> Iterator[Value]:
        """Yields one side of a signature."""
        for one in self.each(count, get):
            yield _value(printable(one.Name()), tensors[one.TensorIndex()])

    def entries(self) -> dict[str, int]:
        """Returns the numbers of the buffers of metadata, by name."""
        found = self.each(self.model.MetadataLength(), self.model.Metadata)
        entries = {printable(one.Name()): int(one.Buffer()) for one in found}
        if any(number >= len(self.buffers) for number in entries.values()):
            raise ValueError("metadata have no buffer")
        return entries

    def description(self, entries: dict[str, int]) -> dict[str, Any]:
        """Returns the model.json that a file of ours holds, always under a seal."""
        if ENTRY not in entries:
            return {}
        content = self.data(entries[ENTRY])
        if not content.startswith(SEAL):
            raise ValueError(f"its {ENTRY} has lost its checksum")
        try:
            found = json.loads(content)
        except RecursionError as error:
            raise ValueError(f"its {ENTRY} is no JSON") from error
        return found if isinstance(found, dict) else _refuse(f"its {ENTRY} is no JSON object")


def _refuse(reason: str) -> Any:
    raise ValueError(reason)


def _operator_name(code: Any) -> str:
    # Files of old writers have the small numbers in the deprecated field alone.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = OPERATORS.get(number, f"BUILTIN {number}")
    return f"{CUSTOM} {printable(code.CustomCode())}" if name == CUSTOM else name


def _type_name(tensor: Any) -> str:
    return TYPES.get(tensor.Type(), f"type {tensor.Type()}").lower()


def _numbers(vector: Any) -> Any:
    """Returns a vector as NumPy has it; the schema's own word for none is the number 0."""
    return None if isinstance(vector, int) else vector


def _shape(tensor: Any) -> tuple[int | None, ...]:
    shape = _numbers(tensor.ShapeSignatureAsNumpy())
    shape = _numbers(tensor.ShapeAsNumpy()) if shape is None else shape
    lengths = [] if shape is None else shape.tolist()
    if len(lengths) > MOST_AXES:
        raise ValueError(f"a tensor has {len(lengths):,} axes")
    return tuple(None if length < 0 else length for length in lengths)


def _value(name: str, tensor: Any) -> Value:
    scales = _scales(tensor)
    if scales is None:
        return Value(name, _type_name(tensor), _shape(tensor))
    zeros = _numbers(tensor.Quantization().ZeroPointAsNumpy())
    zero = 0 if zeros is None or not len(zeros) else int(zeros[0])
    return Value(name, _type_name(tensor), _shape(tensor), scale=float(scales[0]), zero_point=zero)


def _scales(tensor: Any) -> Any:
    quantisation = tensor.Quantization()
    scales = None if quantisation is None else _numbers(quantisation.ScaleAsNumpy())
    return scales if scales is not None and len(scales) else None


def _is_weight(tensor: Any) -> bool:
    """Whether a constant stands for real numbers, and more than one of them."""
    real = "float" in _type_name(tensor) or _scales(tensor) is not None
    return real and math.prod(length or 0 for length in _shape(tensor)) > 1


def _weight(tensor: Any, size: int) -> Weight:
    scales = _scales(tensor)
    quantised = "" if scales is None else "per tensor" if len(scales) == 1 else "per channel"
    return Weight(printable(tensor.Name()), _type_name(tensor), _shape(tensor), size, quantised)


def _check_size(tensor: Any, size: int) -> None:
    bits = BITS.get(TYPES.get(tensor.Type(), ""))
    if bits is None or tensor.Sparsity() is not None:
        return
    if -(-math.prod(length or 0 for length in _shape(tensor)) * bits // 8) != size:
        raise ValueError("a constant has more or fewer bytes than its shape takes")


def _with_rest(total: int, parts: dict[str, int]) -> dict[str, int]:
    return {"all": total, **parts, "graph": total - sum(parts.values())}
