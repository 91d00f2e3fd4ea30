"""What a SavedModel holds, read from its protocol buffer alone."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from ..errors import ArtefactError
from .contents import Contents, Shape, Signature, Value, Weight, by_count, by_size
from .described import explained, printable

GRAPH = "saved_model.pb"
VARIABLES = Path("variables")
INDEX = VARIABLES / "variables.index"
# The last eight bytes of TensorFlow's tables (tensorflow/core/lib/io/format.h).
TABLE_END = 0xDB4775248B80FB57.to_bytes(8, "little")
CURE = "Copy or export it anew."


def read_saved_model(path: Path, about: dict[str, Any]) -> Contents:
    """Reads the folder of a SavedModel.

    Args:
        path: the folder.
        about: what a model.json beside it says.

    Raises:
        ArtefactError: if its graph or its variables are cut short or altered.
    """
    graph = _meta_graph(path / GRAPH)
    weights = _weights(graph)
    _check_variables(path, weights)
    signatures = {
        printable(name): one
        for name, one in sorted(graph.signature_def.items())
        if not name.startswith("__saved_model")
    }
    operators = _operators(graph, signatures)
    activations: Counter[str] = Counter()
    for one in operators:
        activations.update(one.types)
    return Contents(
        path=path,
        kind="SavedModel",
        signatures=tuple(
            explained(_signature(name, one), about) for name, one in signatures.items()
        ),
        operators=operators,
        weights=by_size(weights),
        activations=dict(activations),
        sizes=_sizes(path),
        about=about,
    )


def _meta_graph(file: Path) -> Any:
    try:
        saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except OSError:
        raise
    except Exception as error:
        # DecodeError, of a package that TensorFlow brings and tfvae does not name.
        raise ArtefactError(f"{file} is cut short or altered ({error}). {CURE}") from error
    if not saved.meta_graphs:
        raise ArtefactError(f"{file} holds no graph: it is empty, or of another kind. {CURE}")
    served = [one for one in saved.meta_graphs if "serve" in one.meta_info_def.tags]
    return (served or saved.meta_graphs)[0]


def _check_variables(path: Path, weights: list[Weight]) -> None:
    needed = sum(one.bytes for one in weights)
    if not weights:
        return
    index = path / INDEX
    if not index.is_file() or index.read_bytes()[-8:] != TABLE_END:
        raise ArtefactError(f"{index} is missing or cut short. {CURE}")
    stored = sum(file.stat().st_size for file in path.glob(f"{VARIABLES}/variables.data-*"))
    if stored < needed:
        raise ArtefactError(
            f"The variables of {path} take {needed:,} bytes, but {path / VARIABLES} holds "
            f"{stored:,}: it is cut short. {CURE}"
        )


def _signature(name: str, signature: Any) -> Signature:
    sides = [
        tuple(
            Value(printable(key), _type_name(one.dtype), _shape(one.tensor_shape))
            for key, one in sorted(side.items())
        )
        for side in (signature.inputs, signature.outputs)
    ]
    return Signature(name, *sides)


def _type_name(number: int) -> str:
    try:
        return str(tf.dtypes.as_dtype(number).name)
    except TypeError:
        return f"type {number}"


def _shape(shape: Any) -> Shape:
    if shape.unknown_rank:
        return None
    return tuple(None if axis.size < 0 else int(axis.size) for axis in shape.dim)


def _weights(graph: Any) -> list[Weight]:
    """Returns the variables: of the objects, or of the graph where an old writer names none."""
    found = [
        (node.variable.name, node.variable.dtype, node.variable.shape)
        for node in graph.object_graph_def.nodes
        if node.WhichOneof("kind") == "variable"
    ]
    if not graph.object_graph_def.nodes:
        found = [
            (node.name, node.attr["dtype"].type, node.attr["shape"].shape)
            for node in graph.graph_def.node
            if node.op in ("VariableV2", "VarHandleOp")
        ]
    return [_weight(*one) for one in found]


def _weight(name: str, dtype: int, shape: Any) -> Weight:
    lengths = _shape(shape)
    numbers = math.prod(length or 0 for length in lengths) if lengths is not None else 0
    try:
        width = tf.dtypes.as_dtype(dtype).size
    except TypeError:
        width = 0
    return Weight(printable(name), _type_name(dtype), lengths, numbers * width)


def _operators(graph: Any, signatures: Mapping[str, Any]) -> Any:
    """Counts the operations that the signatures need, those of each function once."""
    counts: Counter[str] = Counter()
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for node in _needed(graph, signatures):
        name = printable(node.op)
        counts[name] += 1
        for key in ("T", "dtype"):
            if key in node.attr and node.attr[key].type:
                types[name][_type_name(node.attr[key].type)] += 1
                break
    return by_count(counts, types)


def _needed(graph: Any, signatures: Mapping[str, Any]) -> Iterator[Any]:
    """Yields the nodes from which the outputs of signatures come, and those of their functions."""
    nodes = {node.name: node for node in graph.graph_def.node}
    functions = {one.signature.name: one for one in graph.graph_def.library.function}
    waiting = [_node(one.name) for each in signatures.values() for one in each.outputs.values()]
    seen: set[str] = set()
    called: list[str] = []
    while waiting:
        name = waiting.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        waiting += map(_node, nodes[name].input)
        called += _calls(nodes[name])
        yield nodes[name]
    entered: set[str] = set()
    while called:
        name = called.pop()
        if name in entered or name not in functions:
            continue
        entered.add(name)
        for node in functions[name].node_def:
            called += _calls(node)
            yield node


def _node(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]


def _calls(node: Any) -> list[str]:
    values = node.attr.values()
    return [
        *(value.func.name for value in values if value.HasField("func")),
        *(one.name for value in values for one in value.list.func),
    ]


def _sizes(path: Path) -> dict[str, int]:
    files = {file: file.stat().st_size for file in path.rglob("*") if file.is_file()}
    folder = path / VARIABLES
    weights = sum(size for file, size in files.items() if file.is_relative_to(folder))
    graph = files[path / GRAPH]
    total = sum(files.values())
    return {"all": total, "weights": weights, "graph": graph, "other": total - weights - graph}
