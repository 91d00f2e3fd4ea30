"""Models with a class beside z, or with something given beside x."""

import keras
import numpy as np
from sklearn.datasets import load_digits

import tfvae
from tests.conformance.variants.base import COUNT, IMAGE, Rows, Variant, binary, digits, odd_images
from tfvae import decoders, encoders, families, latents, models, objectives, priors


def parts():
    return families.DiagonalNormal(2), families.Bernoulli(IMAGE)


def labels() -> np.ndarray:
    return load_digits().target[:COUNT].astype("int32")


def clustered_full() -> Variant:
    """Labels of some examples, classes as components of correlated Gaussians."""
    some = np.where(np.arange(COUNT) % 4 == 0, labels() % 3, -1).astype("int32")
    vae = tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        likelihood=families.Bernoulli(IMAGE),
        latents=latents.Clustered(
            families.FullNormal(2),
            priors.MixtureOfGaussians(3, "full"),
            network=keras.layers.Dense(8, activation="tanh"),
        ),
        objective=objectives.Labelled(2.0, objectives.IWAE(2)),
    )
    return Variant(vae, {"x": binary(), "label": some})


def conditional_images() -> Variant:
    """An image as condition, which joins a map of features by channels, and z laid flat."""
    layers = keras.layers
    shifted = np.roll(odd_images(), 1, axis=1)
    vae = tfvae.VAE(
        keras.Sequential([layers.Conv2D(3, 3, padding="same", activation="relu")]),
        decoders.MLP((16,)),
        likelihood=families.Normal((7, 9, 1), 0.3),
        latents=latents.Conditional(
            tfvae.posteriors.Amortised(families.DiagonalNormal(2)),
            condition_shape=(7, 9, 1),
            embedding=layers.Conv2D(2, 3, padding="same"),
            network=keras.Sequential([layers.Flatten(), layers.Dense(8, activation="relu")]),
        ),
    )
    return Variant(vae, {"x": odd_images(), "condition": shifted})


NAMED: Rows = {
    "GMVAE": lambda: Variant(
        models.GMVAE(encoders.MLP((16,)), decoders.MLP((16,)), *parts(), num_classes=3), binary()
    ),
    "VaDE": lambda: Variant(
        models.VaDE(encoders.MLP((16,)), decoders.MLP((16,)), *parts(), num_classes=3), binary()
    ),
    "WarpedGMVAE": lambda: Variant(
        models.WarpedGMVAE(
            encoders.MLP((16,)),
            decoders.MLP((16,)),
            families.Bernoulli(IMAGE),
            latent_size=2,
            num_classes=3,
            free_bits=0.05,
        ),
        binary(),
    ),
    "M1M2": lambda: Variant(
        models.M1M2(
            encoders.MLP((16,)),
            decoders.MLP((16,)),
            families.DiagonalNormal(4),
            families.Bernoulli(IMAGE),
            upper_encoder=encoders.MLP((8,)),
            upper_decoder=decoders.MLP((8,)),
            upper=families.DiagonalNormal(2),
            weight=3.0,
        ),
        {"x": binary(), "label": labels()},
    ),
    "VIB": lambda: Variant(
        models.VIB(
            encoders.MLP((64,)),
            decoders.MLP((8,)),
            families.DiagonalNormal(2),
            input_shape=IMAGE,
            num_classes=10,
            beta=0.5,
        ),
        {"x": digits(), "y": labels()[:, None]},
    ),
    "M2": lambda: Variant(
        models.M2(
            encoders.MLP((16,)),
            decoders.MLP((16,)),
            *parts(),
            weight=3.0,
            network=keras.layers.Dense(8, activation="relu"),
        ),
        {"x": binary(), "label": labels()},
    ),
    "ConditionalVAE": lambda: Variant(
        models.ConditionalVAE(
            encoders.MLP((16,)),
            decoders.MLP((16,)),
            *parts(),
            priors.MixtureOfGaussians(2),
            num_classes=10,
        ),
        {"x": binary(), "condition": labels()},
    ),
}

COMPOSED: Rows = {make.__name__: make for make in (clustered_full, conditional_images)}
