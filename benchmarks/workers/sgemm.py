"""The matrix products of a training step, each alone, in NumPy and in TensorFlow.

One turn measures every distinct product of the step in every way that this worker knows.
NumPy: one `matmul` into a ready array. TensorFlow: eager, a graph, and XLA; the compiled two
also with eight products of separate weights in a call, which spreads the cost of the call.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import threadpoolctl
from numpy.typing import NDArray

from benchmarks.network import Product, step_products
from benchmarks.turnstile import Turnstile
from benchmarks.workers.timing import block_rates

BLOCKS = 3
PRODUCTS_IN_A_CALL = 8

Way = tuple[str, int, Callable[[], object]]


def stored_operands(product: Product, seed: int) -> tuple[NDArray[np.float32], ...]:
    """Left and right operand as training stores them, before a transposition."""
    rng = np.random.default_rng(seed)
    left = (product.rows, product.inner)
    right = (product.inner, product.columns)
    if product.kind == "weight_gradient":
        left = left[::-1]
    if product.kind == "input_gradient":
        right = right[::-1]
    return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in (left, right))


def numpy_ways(product: Product, seed: int) -> Iterator[Way]:
    """NumPy's matmul, as (name, products in a call, call)."""
    left, right = stored_operands(product, seed)
    if product.kind == "weight_gradient":
        left = left.T
    if product.kind == "input_gradient":
        right = right.T
    out = np.empty((product.rows, product.columns), np.float32)
    yield "numpy", 1, lambda: np.matmul(left, right, out=out)


def tensorflow_ways(product: Product, seed: int) -> Iterator[Way]:
    """TensorFlow's matmul: eager, in a graph and in XLA."""
    import tensorflow as tf

    left, right = (tf.constant(operand) for operand in stored_operands(product, seed))
    transposed = {
        "transpose_a": product.kind == "weight_gradient",
        "transpose_b": product.kind == "input_gradient",
    }

    def multiply(left: Any, rights: list[Any]) -> list[Any]:
        return [tf.matmul(left, right, **transposed) for right in rights]

    one, many = [right], [right + index for index in range(PRODUCTS_IN_A_CALL)]
    yield "tensorflow eager", 1, lambda: multiply(left, one)
    for name, compiled in (("graph", False), ("xla", True)):
        function = tf.function(multiply, jit_compile=compiled)
        many_name = f"tensorflow {name} x{PRODUCTS_IN_A_CALL}"
        yield f"tensorflow {name}", 1, partial(function, left, one)
        yield many_name, PRODUCTS_IN_A_CALL, partial(function, left, many)


def main() -> None:
    """Measure until the parent has its turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=("numpy", "tensorflow"))
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--block-seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    ways = numpy_ways if options.library == "numpy" else tensorflow_ways
    products = dict.fromkeys(step_products(options.batch_size))
    prepared = [(product, way) for product in products for way in ways(product, options.seed)]
    turnstile = Turnstile()
    turnstile.enter(
        versions={"python": sys.version.split()[0], options.library: version(options.library)},
        pools=thread_pools(),
    )
    while True:
        turnstile.turn(
            rates=[measure(product, way, options.block_seconds) for product, way in prepared]
        )


def measure(product: Product, way: Way, block_seconds: float) -> dict[str, Any]:
    """The rates of one product done in one way, as JSON."""
    name, count, call = way
    rates = block_rates(call, flops=count * product.flops, seconds=block_seconds, blocks=BLOCKS)
    shape = [product.rows, product.inner, product.columns]
    return {"kind": product.kind, "shape": shape, "way": name, "gflops": rates}


def thread_pools() -> list[dict[str, Any]]:
    """The linear algebra that NumPy loaded, the kernel that it chose, and its threads."""
    kept = ("internal_api", "version", "architecture", "num_threads")
    return [{key: pool.get(key) for key in kept} for pool in threadpoolctl.threadpool_info()]


if __name__ == "__main__":
    main()
