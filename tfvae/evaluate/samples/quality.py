"""How good samples are, and whether they are new: beside what a perfect model would score."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfvae.evaluate.samples.coverage import density_coverage, precision_recall
from tfvae.evaluate.samples.feature_network import FeatureNetwork
from tfvae.evaluate.samples.feature_rows import as_features
from tfvae.evaluate.samples.frechet import frechet_distance
from tfvae.evaluate.samples.neighbours import memorisation
from tfvae.part import positive_integer


def sample_quality(
    vae: Any,
    x_train: Any,
    x_test: Any,
    network: str | Callable[[Any], Any] = "mnist",
    num_samples: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Returns how samples of a model compare with its training data, in a network's features.

    Samples are those of `vae.sample`, means of p(x given z). As many test images go through the
    same measures: that is the reference, what samples from the data's own distribution would
    score at this number of them. It is not 0, or 1: sets are finite, and a classifier has seen
    the training images of its data set, but neither samples nor test images.

    The Frechet distance is to all training images; precision, recall, density and coverage are
    beside as many of them as there are samples. The nearest training image, for `memorisation`,
    is looked for in the features too: in pixels, blurred samples are near to every image.

    Args:
        vae: a `tfvae.VAE` of images.
        x_train: images that it was trained on, an array `[N, ...]` in the shape of its samples.
        x_test: images held out, likewise.
        network: `"mnist"` or `"fashion_mnist"`, for a `FeatureNetwork`, or any function of images
            that returns features `[N, D]`.
        num_samples: number of samples, and of test images; at most all of these.
        seed: seed of the samples, and of the choice of images.

    Returns:
        `samples` and `reference`, each with `frechet_distance`, `precision`, `recall`, `density`
        and `coverage`; `memorisation`, as the function of that name returns it; and `network`,
        its name, with `num_samples` and `seed`: figures of other networks, or of other numbers
        of samples, are other figures.

    Raises:
        ValueError: if there are fewer training or test images than samples, or the network cannot
            read them.

    Example:
        >>> import numpy as np, tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((28, 28, 1)),
        ... )
        >>> images = np.random.default_rng(0).uniform(size=[200, 28, 28, 1])
        >>> found = sample_quality(vae, images[:100], images[100:], num_samples=80)
        >>> found["network"], sorted(found["samples"])[:2]
        ('tfvae-mnist-conv-1', ['coverage', 'density'])
    """
    positive_integer(num_samples, "num_samples")
    for x, name in ((x_train, "x_train"), (x_test, "x_test")):
        if len(x) < num_samples:
            raise ValueError(
                f"`{name}` has {len(x)} images, fewer than the {num_samples} samples: take "
                f"`num_samples` of {len(x)} at most, so that the sets compared are of one size."
            )
    features = FeatureNetwork.load(network) if isinstance(network, str) else network
    generator = np.random.RandomState(seed)
    training = as_features(features(x_train), "network(x_train)")
    part = training[generator.permutation(len(x_train))[:num_samples]]
    chosen = generator.permutation(len(x_test))[:num_samples]
    held_out = features(np.asarray(x_test)[chosen])
    samples = features(vae.sample(num_samples, seed=seed))
    return {
        "samples": _compared(samples, training, part),
        "reference": _compared(held_out, training, part),
        "memorisation": memorisation(samples, held_out, training, seed=seed),
        "network": _name(features),
        "num_samples": num_samples,
        "seed": seed,
    }


def _compared(found: Any, training: np.ndarray, part: np.ndarray) -> dict[str, float]:
    """Returns the measures of one set of features beside the training images'."""
    return {
        "frechet_distance": frechet_distance(found, training),
        **precision_recall(part, found),
        **density_coverage(part, found),
    }


def _name(network: Any) -> str:
    """Returns what a network is called, or the function that it is."""
    return str(getattr(network, "name", None) or getattr(network, "__name__", network))
