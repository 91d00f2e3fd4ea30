"""Which operations of a TFLite file may compute in integers: those of the networks, by name.

What a converter writes says of each operation which Keras layer it is of. The products with weights
of every network are found by that, and in encoder and decoder what stands between them, such as
activations. All else stays in float: densities, the prior, the posterior's scale, and the integers
of the random numbers.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from .tflite_file import holds_data, is_float, operators

# The prefixes of the names by which a quantiser finds the operations.
WEIGHTED, LOOPED, BETWEEN = "weighted/", "looped/", "between/"
INPUT, OUTPUT = "input/", "output/"

PRODUCTS = frozenset({"FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"})
# What follows a product or moves its results about, at no cost in precision worth a name.
HARMLESS = frozenset(
    {
        "ADD",
        "AVERAGE_POOL_2D",
        "CONCATENATION",
        "LOGISTIC",
        "MAX_POOL_2D",
        "MUL",
        "PAD",
        "RELU",
        "RESHAPE",
        "RESIZE_NEAREST_NEIGHBOR",
        "SPLIT",
        "TANH",
    }
)


def asked_for(integers: bool) -> list[tuple[str, str]]:
    """Returns what a quantiser is asked for, by mark and by its name for an operation.

    Args:
        integers: whether the operations themselves shall be integer, and not their weights alone.
    """
    # The quantiser has one name of its own.
    products = ["CONV_2D_TRANSPOSE" if name == "TRANSPOSE_CONV" else name for name in PRODUCTS]
    asked = [(mark, name) for mark in (WEIGHTED, LOOPED) for name in sorted(products)]
    return asked + [(BETWEEN, name) for name in sorted(HARMLESS)] if integers else asked


def mark(
    model: Any, networks: Sequence[str], heads: Sequence[str], looped: Sequence[str] = ()
) -> int:
    """Renames every tensor, so that the names of outputs say what their operation may become.

    Args:
        model: the `ModelT` of a float32 file.
        networks: names of the layers in which products and what is between them may be integer.
        heads: names of those in which only products may.
        looped: names of layers whose products may be in the steps of a loop: of their scopes, the
            converter leaves only the innermost.

    Returns:
        How many products there are, in all signatures.
    """
    inside, anywhere = _scope(networks), _scope([*networks, *heads])
    in_loops = _scope([*networks, *heads, *looped])
    layers = _layers_of_harmless_operations(model, inside)
    roots = {signature.subgraphIndex for signature in model.signatureDefs}
    of_signatures = {id(model.subgraphs[number]) for number in roots}
    prefixes: dict[int, str] = {}
    products = 0
    for graph, operator, name in operators(model):
        outputs = _tensors(graph, operator.outputs)
        if not outputs or not all(is_float(tensor) for tensor in outputs):
            continue
        of_signature = id(graph) in of_signatures
        scope = anywhere if of_signature else in_loops
        if name in PRODUCTS and scope.search(_names(graph, operator, with_weights=True)):
            weights = graph.tensors[operator.inputs[1]]
            if holds_data(model, weights):
                role = WEIGHTED if of_signature else LOOPED
                prefixes |= {id(tensor): role for tensor in outputs}
                products += 1
        elif of_signature and name in HARMLESS and _layer(graph, operator, inside) in layers:
            prefixes |= {id(tensor): BETWEEN for tensor in outputs}
    _rename(model, prefixes)
    return products


def _layers_of_harmless_operations(model: Any, inside: re.Pattern[str]) -> set[str]:
    """Returns the layers that have no other float operations: a normalisation, say, has."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for graph, operator, name in operators(model):
        outputs = _tensors(graph, operator.outputs)
        if any(is_float(tensor) for tensor in outputs):
            kinds[_layer(graph, operator, inside)].add(name)
    return {layer for layer, names in kinds.items() if layer and names <= HARMLESS | PRODUCTS}


def _layer(graph: Any, operator: Any, inside: re.Pattern[str]) -> str:
    """Returns the innermost layer of an operation in the networks; empty for any other's."""
    for name in _names(graph, operator).split(";"):
        if inside.search(name):
            return name.rpartition("/")[0]
    return ""


def _scope(layers: Sequence[str]) -> re.Pattern[str]:
    # TensorFlow numbers scopes of the same name anew in each function: dense, dense_1, dense_1_2.
    names = "|".join(re.escape(re.sub(r"[^\w.\\/>-]", "_", layer)) for layer in layers)
    return re.compile(rf"(?:^|[;/])(?:{names})(?:_\d+)*/")


def _names(graph: Any, operator: Any, with_weights: bool = False) -> str:
    tensors = _tensors(graph, operator.outputs)
    if with_weights:
        tensors += _tensors(graph, operator.inputs[1:])
    return ";".join(tensor.name.decode("utf-8", "replace") for tensor in tensors)


def _tensors(graph: Any, numbers: Iterable[int] | None) -> list[Any]:
    return [graph.tensors[number] for number in ([] if numbers is None else numbers) if number >= 0]


def _rename(model: Any, prefixes: dict[int, str]) -> None:
    outputs = {id(tensor) for tensor in _coarse_outputs(model)}
    number = 0
    for graph in model.subgraphs:
        entrances = {id(tensor) for tensor in _tensors(graph, graph.inputs)}
        for tensor in graph.tensors:
            role = prefixes.get(id(tensor), "")
            role += INPUT if id(tensor) in entrances else OUTPUT if id(tensor) in outputs else ""
            tensor.name = f"{role}{number}".encode()
            number += 1


def _coarse_outputs(model: Any) -> list[Any]:
    """Returns the outputs that eight bits are enough for: not a number an example, as an ELBO."""
    found = []
    for graph in model.subgraphs:
        outputs = _tensors(graph, graph.outputs)
        if all(is_float(tensor) and len(tensor.shape) > 1 for tensor in outputs):
            found += outputs
    return found


def weight_groups(model: Any) -> dict[int, list[tuple[str, str]]]:
    """Returns, by the buffer of its weights, the names of input and output of each product."""
    groups: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for graph, operator, name in operators(model):
        if name not in PRODUCTS:
            continue
        place = 2 if name == "TRANSPOSE_CONV" else 0
        entrance, exit = graph.tensors[operator.inputs[place]], graph.tensors[operator.outputs[0]]
        buffer = graph.tensors[operator.inputs[1]].buffer
        groups[buffer].append((entrance.name.decode(), exit.name.decode()))
    return groups
