"""Writes what `test_golden.py` loads: `python tests/golden/make.py FOLDER`, once a release.

Files of an earlier release are never made again: that they still load is the test.
"""

import sys
from pathlib import Path

import keras
import numpy as np

import tfvae

IMAGES = np.indices((3, 4, 4, 1)).sum(0) % 2.0


def main(folder: Path) -> None:
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
