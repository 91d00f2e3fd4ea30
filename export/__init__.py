"""Export: a model as artefacts that run without tfvae, each proven equal to the model."""

import importlib
from typing import TYPE_CHECKING, Any

if __name__ != "tfvae.export":
    raise ImportError(
        f"The export was imported as {__name__!r}, which is another module than the one that "
        "tfvae reaches. Install the project (pip install -e .) and import tfvae.export."
    )

if TYPE_CHECKING:
    from .bundle_report import BundleReport as BundleReport
    from .bundling import bundle as bundle
    from .errors import ArtefactError as ArtefactError
    from .errors import ExportError as ExportError
    from .inspecting import Contents as Contents
    from .inspecting import inspect as inspect
    from .report import ParityReport as ParityReport
    from .running import open_artefact as open_artefact
    from .running import run_apart as run_apart
    from .to_litert import litert as litert
    from .to_saved_model import saved_model as saved_model

_HOMES = {
    "ArtefactError": "errors",
    "BundleReport": "bundle_report",
    "Contents": "inspecting",
    "ExportError": "errors",
    "ParityReport": "report",
    "bundle": "bundling",
    "inspect": "inspecting",
    "litert": "to_litert",
    "open_artefact": "running",
    "run_apart": "running",
    "saved_model": "to_saved_model",
}

__all__ = [
    "ArtefactError",
    "BundleReport",
    "Contents",
    "ExportError",
    "ParityReport",
    "bundle",
    "inspect",
    "litert",
    "open_artefact",
    "run_apart",
    "saved_model",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'tfvae.export' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Returns the public names, those not yet imported included."""
    return sorted({*globals(), *__all__})
