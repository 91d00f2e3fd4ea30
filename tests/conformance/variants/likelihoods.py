"""Models with likelihoods for data of many kinds."""

import keras
import numpy as np

import tfvae
from tests.conformance.variants.base import COUNT, IMAGE, Rows, Variant, digits
from tfvae import decoders, encoders, families, models


def calibrated() -> Variant:
    vae = models.SigmaVAE(
        encoders.MLP((16,)), decoders.MLP((16,)), families.DiagonalNormal(2), IMAGE
    )
    return Variant(vae, digits())


def levels() -> Variant:
    vae = tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        posterior=families.DiagonalNormal(2),
        likelihood=families.DiscretizedLogistic(IMAGE, num_components=2, num_levels=17),
    )
    return Variant(vae, digits())


def classes() -> Variant:
    embedding = keras.layers.Embedding(3, 2)
    vae = tfvae.VAE(
        keras.Sequential([embedding, keras.layers.Flatten(), keras.layers.Dense(16, "relu")]),
        decoders.MLP((16,)),
        posterior=families.DiagonalNormal(2),
        likelihood=families.Categorical(IMAGE, num_classes=3),
    )
    return Variant(vae, np.round(2 * digits()))


def genes() -> Variant:
    vae = models.SCVI(
        encoders.MLP((16,)), decoders.MLP((16,)), families.DiagonalNormal(2), num_genes=64
    )
    counts = np.round(16 * digits()).reshape(-1, 64)
    return Variant(vae, {"x": counts, "library_size": counts.sum(axis=1)})


def table() -> Variant:
    columns = [
        families.StudentT((2,)),
        families.Laplace((1,), "per_pixel"),
        families.Ordinal((2,), 4),
        families.Categorical((1,), 3),
        families.Poisson((1,)),
        families.NegativeBinomial((2,), "per_element"),
        families.Beta((1,)),
    ]
    vae = models.TableVAE(
        encoders.MLP((16,)), decoders.MLP((16,)), families.DiagonalNormal(2), columns
    )
    return Variant(vae, mixed_table())


def recurrent_tokens() -> Variant:
    return tokens(keras.layers.GRU(8, return_sequences=True))


def tokens(network: keras.layers.Layer | None = None) -> Variant:
    vae = models.SentenceVAE(
        keras.Sequential([keras.layers.Embedding(3, 4), keras.layers.Flatten()]),
        decoders.MLP((16,)),
        families.DiagonalNormal(2),
        length=5,
        num_classes=3,
        units=8,
        network=network,
    )
    start = np.random.RandomState(0).randint(0, 3, size=(COUNT, 1))
    return Variant(vae, ((start + np.arange(5)) % 3).astype("float32"))


def mixed_table() -> np.ndarray:
    """Ten columns that depend on one number, of each type some, a tenth of them missing."""
    random = np.random.RandomState(0)
    t = random.normal(size=(COUNT, 1))
    levels, classes = np.digitize(t, [-1, 0, 1]), np.digitize(-t, [-0.5, 0.5])
    counts = random.poisson(np.exp(1 + t), (COUNT, 3))
    share = 1 / (1 + np.exp(-t))
    x = np.concatenate([t, 2 * t + 1, -t, levels, 3 - levels, classes, counts, share], axis=1)
    return np.where(random.uniform(size=x.shape) < 0.1, np.nan, x).astype("float32")


COMPOSED: Rows = {make.__name__: make for make in (levels, classes, recurrent_tokens)}

NAMED: Rows = {
    "SCVI": genes,
    "SentenceVAE": tokens,
    "SigmaVAE": calibrated,
    "TableVAE": table,
}
