"""Writes what `test_golden.py` loads: `python tests/golden/make.py FOLDER`, once a release.

Files of an earlier release are never made again: that they still load is the test. What is in the
folder already is left as it is.
"""

import sys
from pathlib import Path

import keras
import numpy as np

import tfvae

IMAGES = np.indices((3, 4, 4, 1)).sum(0) % 2.0


def networks() -> dict[str, keras.Layer]:
    return {"encoder": tfvae.encoders.MLP((4,)), "decoder": tfvae.decoders.MLP((4,))}


def convolutional() -> tfvae.VAE:
    """Networks of Keras's own, batch statistics, pseudo-inputs, a scale that is learned."""
    layers = keras.layers
    encoder = [
        layers.Conv2D(2, 3, strides=2, activation="relu", kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Flatten(),
    ]
    decoder = [
        layers.Dense(8, activation="gelu"),
        layers.Reshape((2, 2, 2)),
        layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
    ]
    return tfvae.VAE(
        keras.Sequential(encoder),
        keras.Sequential(decoder),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.VampPrior(3),
        likelihood=tfvae.families.Normal((4, 4, 1), "shared"),
        objective=tfvae.objectives.IWAE(2),
    )


def clustered() -> tfvae.VAE:
    normal, bernoulli = tfvae.families.DiagonalNormal(2), tfvae.families.Bernoulli((4, 4, 1))
    return tfvae.models.GMVAE(**networks(), posterior=normal, likelihood=bernoulli, num_classes=3)


def flow() -> tfvae.VAE:
    return tfvae.VAE(
        **networks(),
        posterior=tfvae.families.FullNormal(2),
        prior=tfvae.priors.Flowed(tfvae.flows.RealNVP(2)),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )


def codes() -> tfvae.VAE:
    encoder = keras.Sequential([tfvae.encoders.MLP((6,)), keras.layers.Reshape((2, 3))])
    return tfvae.models.VQVAE(
        encoder,
        tfvae.decoders.MLP((4,)),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        num_codes=5,
        code_size=3,
    )


PRESETS = {make.__name__: make for make in (clustered, codes, convolutional, flow)}


def main(folder: Path) -> None:
    if not folder.exists():
        write_all_kinds_of_files(folder)
    for name, make in PRESETS.items():
        keras.utils.set_random_seed(0)
        if not (folder / "presets" / name).exists():
            write_preset(folder / "presets" / name, make())


def write_preset(folder: Path, vae: tfvae.VAE) -> None:
    """Writes a trained model as a preset, and beside it what it gives."""
    vae.compile("adam")
    vae.fit(IMAGES, batch_size=3, epochs=2, verbose=0)
    vae.save_to_preset(folder)
    np.savez(
        folder.with_suffix(".npz"),
        reconstruction=vae.reconstruct(IMAGES),
        samples=vae.sample(4, seed=7),
    )


def write_all_kinds_of_files(folder: Path) -> None:
    keras.utils.set_random_seed(0)
    vae = tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        prior=tfvae.priors.MixtureOfGaussians(3, covariance="full"),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(10)),
    )
    vae.compile("adam")
    vae.fit(IMAGES, batch_size=2, epochs=2, verbose=0)
    folder.mkdir(parents=True)
    vae.save(folder / "model.keras")
    vae.save_to_preset(folder / "preset")
    tfvae.export.litert(vae, folder / "model.tflite", x=IMAGES)
    np.savez(
        folder / "expected.npz",
        reconstruction=vae.reconstruct(IMAGES),
        samples=vae.sample(4, seed=7),
        responsibilities=vae.responsibilities(IMAGES),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
