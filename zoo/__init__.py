"""The zoo: presets that say what they were trained on and how well they do, and their data."""

import importlib
from typing import TYPE_CHECKING, Any

if __name__ != "tfvae.zoo":
    raise ImportError(
        f"The zoo was imported as {__name__!r}, which would register its classes a second time. "
        "Install the project (pip install -e .) and import tfvae.zoo."
    )

if TYPE_CHECKING:
    from . import data as data
    from .errors import DataError as DataError
    from .errors import PresetError as PresetError
    from .errors import PresetNotFoundError as PresetNotFoundError
    from .folder import Preset as Preset
    from .folder import read_preset as read_preset
    from .hub import bundled as bundled
    from .hub import info as info
    from .hub import list_presets as list_presets
    from .hub import resolve as resolve
    from .weights import compress_weights as compress_weights
    from .weights import drop_optimizer as drop_optimizer
    from .writing import write_preset as write_preset

_HOMES = {
    "DataError": "errors",
    "Preset": "folder",
    "PresetError": "errors",
    "PresetNotFoundError": "errors",
    "bundled": "hub",
    "compress_weights": "weights",
    "drop_optimizer": "weights",
    "info": "hub",
    "list_presets": "hub",
    "read_preset": "folder",
    "resolve": "hub",
    "write_preset": "writing",
}

__all__ = [
    "DataError",
    "Preset",
    "PresetError",
    "PresetNotFoundError",
    "bundled",
    "compress_weights",
    "data",
    "drop_optimizer",
    "info",
    "list_presets",
    "read_preset",
    "resolve",
    "write_preset",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    if name == "data":
        return importlib.import_module(".data", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'tfvae.zoo' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Returns the public names, those not yet imported included."""
    return sorted({*globals(), *__all__})
