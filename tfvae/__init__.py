"""tfvae: variational autoencoders for people who write Keras.

`import tfvae` imports Keras and registers every class, so that saved files find them; `tfvae.zoo`
and `tfvae.export` load when they are used.
"""

import importlib
from typing import Any

from tfvae.quiet import quiet_start

with quiet_start():
    import tensorflow

    # The first look at the devices logs as well.
    tensorflow.config.list_physical_devices()

from tfvae import (
    callbacks,
    decoders,
    encoders,
    evaluate,
    families,
    flows,
    latents,
    models,
    objectives,
    pipeline,
    plots,
    posteriors,
    priors,
    quantisers,
    random,
)
from tfvae.part import Part
from tfvae.trace import Inference, Trace
from tfvae.vae import VAE

__version__ = "0.1.0"

__all__ = [
    "VAE",
    "Inference",
    "Part",
    "Trace",
    "callbacks",
    "decoders",
    "encoders",
    "evaluate",
    "export",
    "families",
    "flows",
    "latents",
    "models",
    "objectives",
    "pipeline",
    "plots",
    "posteriors",
    "priors",
    "quantisers",
    "random",
    "zoo",
]

_LAZY = ("export", "zoo")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"tfvae.{name}")
    raise AttributeError(f"module 'tfvae' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
