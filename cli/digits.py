"""The demo's own model: a mixture-prior VAE of scikit-learn's digits, trained in two stages.

Training sees no labels. The network, the latent size, the schedule and the fixed scale were chosen
on the validation images below, part of the training images, by their ELBO; the rest is as the
library has it. The held-out digits chose nothing, though their scores were seen in trial runs.
"""

from dataclasses import dataclass

import keras
import numpy as np

import tfvae
from tfvae.zoo import data
from tfvae_cli.progress import epoch_bar

VALIDATION = 288
COMPONENTS = 10


@dataclass(frozen=True)
class Schedule:
    """How long the model trains.

    Args:
        passes: how often an epoch goes through the images: there are so few that one pass is too
            short to be worth a look at the validation images.
        warmup_epochs: epochs until the mixture is fitted; the rate's weight rises to 1 in them.
        epochs: epochs in all.
        batch_size: images a step.
        learning_rate: where the cosine schedule of Adam starts.
    """

    passes: int = 4
    warmup_epochs: int = 10
    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3


@dataclass(frozen=True, eq=False)
class Digits:
    """The 1,797 digits in three parts: float32 `[N, 8, 8, 1]` from 0 to 1, and int64 labels."""

    x_train: np.ndarray
    x_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load() -> Digits:
    """Returns the digits; the validation images are a fixed fifth of the training images."""
    dataset = data.load("digits")
    (x_train, _), (x_validation, _) = data.split(dataset, VALIDATION, seed=0)
    return Digits(x_train, x_validation, dataset.x_test, dataset.y_test)


def build(warmup_steps: int, seed: int) -> tfvae.VAE:
    """Returns the model.

    Args:
        warmup_steps: training steps in which the weight of the rate rises to 1.
        seed: seed of the mixture's start.
    """
    return tfvae.VAE(
        tfvae.encoders.MLP((256, 256)),
        tfvae.decoders.MLP((256, 256)),
        posterior=tfvae.families.DiagonalNormal(8),
        # No spread: until the mixture is fitted, all components are one Gaussian.
        prior=tfvae.priors.MixtureOfGaussians(
            COMPONENTS, covariance="full", spread=0.0, start="mixture", seed=seed
        ),
        likelihood=tfvae.families.Normal((8, 8, 1), scale=0.12),
        objective=tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(warmup_steps)),
    )


def train(
    digits: Digits, seed: int, schedule: Schedule
) -> tuple[tfvae.VAE, dict[str, list[float]]]:
    """Trains the model in two stages, between which the mixture is fitted to the encoder's latents.

    Args:
        digits: the images.
        seed: seed of weights, order, noise and mixture.
        schedule: how long.

    Returns:
        The model and the history of both stages.
    """
    keras.utils.set_random_seed(seed)
    x = np.tile(digits.x_train, (schedule.passes, 1, 1, 1))
    steps = -(-len(x) // schedule.batch_size)
    vae = build(steps * schedule.warmup_epochs, seed)
    rate = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, steps * schedule.epochs)
    vae.compile(keras.optimizers.Adam(rate))
    stages = (
        ("one Gaussian", 0, schedule.warmup_epochs),
        ("the mixture", schedule.warmup_epochs, schedule.epochs),
    )
    history: dict[str, list[float]] = {}
    for title, first, last in stages:
        if first:
            vae.adapt(digits.x_train)
        with epoch_bar(title, last - first) as bar:
            found = vae.fit(
                x,
                batch_size=schedule.batch_size,
                initial_epoch=first,
                epochs=last,
                validation_data=digits.x_validation,
                callbacks=[bar],
                verbose=0,
            )
        for key, values in found.history.items():
            history.setdefault(key, []).extend(float(value) for value in values)
    return vae, history
