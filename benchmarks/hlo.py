"""Counting the arithmetic of a program in XLA's text form."""

import math
import re

INSTRUCTION = re.compile(
    r"^\s*(?:ROOT )?%?(?P<name>[\w.\-]+) = \w+\[(?P<shape>[\d,]*)\](?:\{[^}]*\})? "
    r"(?P<kind>[\w\-]+)\((?P<operands>[^)]*)\)(?P<rest>.*)$"
)
CONTRACTED = re.compile(r"lhs_contracting_dims=\{([\d,]*)\}")
KERNEL_OUTPUTS = re.compile(r"dim_labels=\w+_(\w+)->")


def matrix_flops(text: str) -> int:
    """Returns the floating-point operations of all products and convolutions.

    Args:
        text: HLO, as `tf.function(...).experimental_get_compiler_ir()(stage="hlo")` gives it.

    Example:
        >>> matrix_flops('''
        ...   a = f32[4,8]{1,0} parameter(0)
        ...   b = f32[8,3]{1,0} parameter(1)
        ...   c = f32[4,3]{1,0} dot(a, b), lhs_contracting_dims={1}, rhs_contracting_dims={0}
        ... ''')
        192
    """
    shapes: dict[str, list[int]] = {}
    flops = 0
    for line in text.splitlines():
        found = INSTRUCTION.match(line)
        if not found:
            continue
        shape = [int(size) for size in found["shape"].split(",") if size]
        shapes[found["name"]] = shape
        named = [part.split()[-1].lstrip("%") for part in found["operands"].split(", ") if part]
        if found["kind"] == "dot":
            contracted = CONTRACTED.search(found["rest"])
            axes = [int(axis) for axis in contracted[1].split(",") if axis] if contracted else []
            left = shapes[named[0]]
            flops += 2 * math.prod(shape) * math.prod(left[axis] for axis in axes)
        elif found["kind"] == "convolution":
            kernel, labels = shapes[named[1]], KERNEL_OUTPUTS.search(found["rest"])
            outputs = kernel[labels[1].index("o")] if labels else 1
            flops += 2 * math.prod(shape) * math.prod(kernel) // outputs
    return flops
