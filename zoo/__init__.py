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
    from .cache import CachedPreset as CachedPreset
    from .cache import list_cache as list_cache
    from .cache import prune_cache as prune_cache
    from .errors import DataError as DataError
    from .errors import DownloadError as DownloadError
    from .errors import PresetError as PresetError
    from .errors import PresetNotFoundError as PresetNotFoundError
    from .folder import Preset as Preset
    from .folder import read_preset as read_preset
    from .hub import bundled as bundled
    from .hub import describe as describe
    from .hub import info as info
    from .hub import list_presets as list_presets
    from .hub import resolve as resolve
    from .site import mirror_site as mirror_site
    from .site import publish_site as publish_site
    from .table_schema import Schema as Schema
    from .table_schema import schema as schema
    from .uploading import upload_preset as upload_preset
    from .weights import compress_weights as compress_weights
    from .weights import drop_optimizer as drop_optimizer
    from .writing import write_preset as write_preset

_HOMES = {
    "CachedPreset": "cache",
    "DataError": "errors",
    "DownloadError": "errors",
    "Preset": "folder",
    "PresetError": "errors",
    "PresetNotFoundError": "errors",
    "Schema": "table_schema",
    "bundled": "hub",
    "compress_weights": "weights",
    "describe": "hub",
    "drop_optimizer": "weights",
    "info": "hub",
    "list_cache": "cache",
    "list_presets": "hub",
    "mirror_site": "site",
    "prune_cache": "cache",
    "publish_site": "site",
    "read_preset": "folder",
    "resolve": "hub",
    "schema": "table_schema",
    "upload_preset": "uploading",
    "write_preset": "writing",
}

__all__ = [
    "CachedPreset",
    "DataError",
    "DownloadError",
    "Preset",
    "PresetError",
    "PresetNotFoundError",
    "Schema",
    "bundled",
    "compress_weights",
    "data",
    "describe",
    "drop_optimizer",
    "info",
    "list_cache",
    "list_presets",
    "mirror_site",
    "prune_cache",
    "publish_site",
    "read_preset",
    "resolve",
    "schema",
    "upload_preset",
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
