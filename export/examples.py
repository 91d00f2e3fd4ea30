"""The programs in a bundle that call its model, from Python, from Android and from C++."""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import example_python
from .rendering import render

# The releases of ai-edge-litert whose C functions take the arguments that the example in C++ gives.
LITERT_RELEASES = ">=2.2,<2.4"


def write_python(folder: Path) -> None:
    """Writes `example_python.py`, which reads the bundle's model.json."""
    shutil.copyfile(example_python.__file__, folder / "example_python.py")


def write_android(folder: Path, file: str, description: Mapping[str, Any]) -> None:
    """Writes `example_android.kt`, with a function for each signature that returns real numbers.

    Args:
        folder: the bundle.
        file: name of a TFLite file of float32 for batches of one.
        description: what model.json says.
    """
    functions = [
        _function(name, signature)
        for name, signature in description["signatures"].items()
        if all(one["dtype"] == "float32" for one in signature["outputs"].values())
    ]
    what = "images" if len(description["example"]["shape"]) == 3 else "examples"
    text = render("example_android.kt", file=file, functions=functions, what=what)
    (folder / "example_android.kt").write_text(text, encoding="utf-8")


def write_cpp(folder: Path, file: str) -> None:
    """Writes `example_cpp.cc`, which reads the signatures from the file that it opens.

    Args:
        folder: the bundle.
        file: name of a TFLite file of float32 for batches of one.
    """
    text = render("example_cpp.cc", file=file, releases=LITERT_RELEASES)
    (folder / "example_cpp.cc").write_text(text, encoding="utf-8")


def _function(name: str, signature: Mapping[str, Any]) -> dict[str, Any]:
    output, about = next(iter(signature["outputs"].items()))
    parameters, arguments = [], []
    for key, one in signature["inputs"].items():
        is_number = one["dtype"] == "int32" and len(one["shape"]) == 1
        if one["dtype"] == "float32":
            parameters.append(f"{_camel(key)}: FloatArray")
            arguments.append(f'"{key}" to FloatBuffer.wrap({_camel(key)})')
        elif is_number:
            parameters.append(f"{_camel(key)}: Int")
            arguments.append(f'"{key}" to IntBuffer.wrap(intArrayOf({_camel(key)}))')
        else:
            parameters.append(f"{_camel(key)}: IntArray")
            arguments.append(f'"{key}" to IntBuffer.wrap({_camel(key)})')
    shape = about["shape"][1:]
    return {
        "name": _camel(name),
        "signature": name,
        "parameters": ", ".join(parameters),
        "arguments": ", ".join(arguments),
        "output": output,
        "size": math.prod(shape),
        "shape": " x ".join(map(str, shape)) or "one number",
        "meaning": about["meaning"][0].upper() + about["meaning"][1:],
    }


def _camel(name: str) -> str:
    r"""Returns a name as Kotlin writes it.

    Example:
        >>> _camel("sample_component")
        'sampleComponent'
    """
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
