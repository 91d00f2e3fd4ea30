"""One small model, trained on digits, and its bundle in every precision; where a kept one is."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tfvae

GOLDEN = Path(__file__).parents[1] / "golden" / "v0.1.0"
ABOUT = {
    "name": "digits",
    "licence": "Apache-2.0",
    "class_names": [str(digit) for digit in range(10)],
    "component_names": ["first", "second", "third", "fourth"],
}
PRECISIONS = ("float32", "float16", "int8-weights", "int8")


class Made(NamedTuple):
    """A model, its bundle, what the export said of it, and the examples held out."""

    vae: tfvae.VAE
    folder: Path
    report: Any
    x: np.ndarray


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Binary digits, for training and held out."""
    found = tfvae.zoo.data.load("digits")
    return tuple((x > 0.5).astype(np.float32) for x in (found.x_train, found.x_test))


def trained(x: np.ndarray) -> tfvae.VAE:
    """A model with a mixture prior whose decoder ends in the likelihood's head."""
    vae = tfvae.VAE(
        tfvae.encoders.GatedMLP((96,)),
        tfvae.decoders.GatedMLP((96,)),
        posterior=tfvae.families.DiagonalNormal(4),
        prior=tfvae.priors.MixtureOfGaussians(4),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
    )
    vae.compile("adam")
    vae.fit(x, epochs=4, batch_size=64, verbose=0)
    # Weights that float16 holds would not tell it from float32.
    for weight in vae.trainable_weights:
        weight.assign(weight * 1.0001)
    return vae


def make(folder: Path) -> Made:
    """Trains the model, and exports it."""
    train, x = digits()
    vae = trained(train)
    report = tfvae.export.bundle(
        vae,
        folder / "dist",
        x,
        precisions=PRECISIONS,
        representative=train,
        about=ABOUT,
        measure=False,
    )
    return Made(vae, folder / "dist", report, x)
