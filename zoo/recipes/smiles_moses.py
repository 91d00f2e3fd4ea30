"""MOSES: molecules as SMILES, a recurrent decoder that reads z at each step, ten Gaussians."""

import keras

import tfvae
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.smiles import LENGTH, TOKENS
from tfvae.zoo.tasks import SequenceTask

# Chosen by `python -m benchmarks.choices smiles_beta`.
BETA = 0.6


def sentences(warmup_steps: int, beta: float = BETA) -> tfvae.VAE:
    """Returns a model of molecules: dense layers read them, a recurrent one of 256 writes them.

    The rate's weight rises to `beta` and stays there: with 1, the decoder may do without z.

    Args:
        warmup_steps: training steps in which the weight of the rate rises.
        beta: the weight that it rises to.

    Example:
        >>> sentences(10).event_shape
        (54,)
    """
    layers = keras.layers
    return tfvae.models.SentenceVAE(
        keras.Sequential(
            [
                layers.Embedding(len(TOKENS), 24),
                layers.Flatten(),
                layers.Dense(512, activation="relu"),
                layers.Dense(256, activation="relu"),
            ]
        ),
        tfvae.decoders.MLP((256,)),
        tfvae.families.DiagonalNormal(64),
        length=LENGTH,
        num_classes=len(TOKENS),
        # No spread: until `adapt`, all components are one Gaussian.
        prior=tfvae.priors.MixtureOfGaussians(10, covariance="full", spread=0.0, restarts=1),
        units=64,
        network=layers.GRU(256, return_sequences=True),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps, beta)),
    )


RECIPE = Recipe(
    name="smiles_moses",
    data="moses",
    build=sentences,
    summary=(
        "A variational autoencoder of small molecules, written as SMILES, whose prior is a mixture "
        "of ten Gaussians."
    ),
    prior="10 Gaussians, full covariance",
    warmup_epochs=1,
    epochs=6,
    batch_size=64,
    learning_rate=2e-3,
    binarization="none",
    num_samples=20,
    seeds=(0, 1),
    validation=5_000,
    task=SequenceTask(examples=250_000),
)
