"""What a preset's config may name: classes of tfvae and of Keras, and those the user passes."""

from collections.abc import Iterator, Mapping
from typing import Any

from .errors import PresetError

_PACKAGE = "tfvae>"
_DEEPEST = 100

# Plain data in Keras's notation: a tensor, an array, bytes.
_PLAIN = {"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"}

_KERAS = (
    "activations",
    "constraints",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
)
_KERAS_MODULES = tuple(f"{root}.{name}" for root in ("keras", "keras.src") for name in _KERAS)

# Where Keras looks for a function that is saved by its bare name.
_FUNCTION_ROOMS = ("activations", "constraints", "initializers", "losses", "metrics")

# Keras's own classes that run code, or read files, which their config names.
_REFUSED = {
    "FlaxLayer",
    "IndexLookup",
    "IntegerLookup",
    "JaxLayer",
    "Lambda",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
}


def check_config(config: Any, custom_objects: Mapping[str, Any] | None = None) -> None:
    """Raises unless every class and function that a Keras config names is one that may be built.

    Allowed are what tfvae has registered, Keras's layers, models, initialisers and so on (but none
    that runs code or reads files that a config names), and the user's own `custom_objects`. Being
    registered with Keras in this process is not enough: a preset must not reach a class that its
    user did not name.

    Args:
        config: what `json.load` made of config.json.
        custom_objects: the user's classes and functions by the name they are saved under.

    Raises:
        PresetError: naming the first entry that is not allowed and where it stands.

    Example:
        >>> check_config({"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}})
        >>> check_config({"module": "os", "class_name": "function", "config": "system"})
        Traceback (most recent call last):
        tfvae.zoo.errors.PresetError: config.json names 'system' (at its top), ...
    """
    names = _custom_names(custom_objects)
    for where, entry in _entries(config):
        _check_entry(entry, where or "its top", names)


def _custom_names(custom_objects: Mapping[str, Any] | None) -> set[str]:
    """Returns the names under which the user's objects may stand in a config."""
    if not custom_objects:
        return set()
    import keras

    # A registered class is saved as "package>Class", though users pass it as "Class".
    registered = {keras.saving.get_registered_name(value) for value in custom_objects.values()}
    return {*custom_objects, *registered}


def _entries(config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each entry with a class name, and its place: no recursion, so no depth can harm."""
    waiting = [("", config, 0)]
    while waiting:
        where, node, depth = waiting.pop()
        if depth > _DEEPEST:
            raise PresetError(
                f"config.json is nested more than {_DEEPEST} levels deep, which no model of tfvae "
                "is. Fetch or save the preset again."
            )
        if isinstance(node, dict):
            if "class_name" in node:
                yield where, node
            waiting += [(f"{where}.{key}".lstrip("."), v, depth + 1) for key, v in node.items()]
        elif isinstance(node, list | tuple):
            waiting += [(f"{where}[{i}]", v, depth + 1) for i, v in enumerate(node)]


def _check_entry(entry: dict[str, Any], where: str, names: set[str]) -> None:
    """Raises unless Keras will resolve this entry to something allowed, and to nothing else."""
    kind, module = entry["class_name"], entry.get("module")
    if not isinstance(kind, str) or not isinstance(module, str | None):
        raise PresetError(f"config.json is damaged: it names no class as text (at {where}).")
    if kind in _PLAIN:
        return
    if kind.startswith("__"):
        raise PresetError(
            f"config.json holds {kind.strip('_')} code (at {where}), and a preset must not run "
            "code. Save the model with a named function or layer instead."
        )
    # Without a module Keras falls back on its old format, which looks names up differently.
    if "module" not in entry:
        raise PresetError(f"config.json is damaged: {kind} has no module (at {where}).")
    # Keras looks a function up by its config, and a class by its registered name first.
    name = entry.get("config") if kind == "function" else entry.get("registered_name")
    if isinstance(name, str) and name in names:
        return
    if isinstance(name, str) and name.startswith(_PACKAGE):
        _check_registered(name, where)
    elif kind == "function":
        _check_function(name, module, where)
    elif (module or "").split(".")[0] == "keras" and name in (None, kind):
        _check_keras_class(kind, module or "", where)
    else:
        raise _unknown(name or kind, where)


def _check_registered(name: str, where: str) -> None:
    """Raises unless tfvae has registered something under this name."""
    import keras

    if keras.saving.get_registered_object(name) is None:
        raise PresetError(
            f"config.json names {name} (at {where}), which this version of tfvae does not have. "
            "Install the version that metadata.json states, or a newer one."
        )


def _check_function(name: Any, module: str | None, where: str) -> None:
    """Raises unless the name is that of a function in Keras."""
    import keras

    rooms = [getattr(keras, room) for room in _FUNCTION_ROOMS]
    known = isinstance(name, str) and any(hasattr(room, name) for room in rooms)
    if not known or (module != "builtins" and not _below(module or "", _KERAS_MODULES)):
        raise _unknown(name, where)


def _check_keras_class(kind: str, module: str, where: str) -> None:
    """Raises if this class of Keras is one that a preset has no business with."""
    if kind in _REFUSED or not (module == "keras" or _below(module, _KERAS_MODULES)):
        raise PresetError(
            f"config.json names {module}.{kind} (at {where}), which may run code or read files, "
            "and a preset must do neither. Save the model with a layer of your own instead, and "
            "pass its class in custom_objects."
        )


def _below(module: str, roots: tuple[str, ...]) -> bool:
    """Returns whether the module is one of the roots or inside one."""
    return any(module == root or module.startswith(root + ".") for root in roots)


def _unknown(name: Any, where: str) -> PresetError:
    """Returns the error for a name that belongs to neither tfvae nor Keras."""
    return PresetError(
        f"config.json names {name!r} (at {where}), which belongs to neither tfvae nor Keras. If "
        f"it is yours, pass it: custom_objects={{{name!r}: ...}}."
    )
