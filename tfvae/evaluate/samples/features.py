"""Examples as rows of numbers: as they are, and as a model has them."""

from typing import Any

import numpy as np
import tensorflow as tf


def posterior_means(vae: Any, x: Any, batch_size: int) -> np.ndarray:
    """Returns the mean of q(z given x), `[N, *latent_shape]`, in bounded memory.

    Of latents whose mean has no closed form it is the point that stands for q: of a flow the image
    of the Gaussian's mean, of a ladder each level's mean given those of the levels above.

    Args:
        vae: a `tfvae.VAE`.
        x: examples, `[N, *event_shape]`, `tfvae.pipeline.Images` or a `tf.data.Dataset`.
        batch_size: examples at a time.
    """

    def posterior_mean(x: Any, first: tf.Tensor) -> tf.Tensor:
        q = vae.latents.distribution(vae.infer_parameters(x))
        try:
            return q.mean()
        except NotImplementedError:
            return q.mode()

    return vae._over(posterior_mean, x, batch_size).numpy()


def principal_components(
    train: np.ndarray, test: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns both on the first principal components of the first, at most `size` of them."""
    from sklearn.decomposition import PCA

    pca = PCA(min(size, *train.shape), random_state=0).fit(train)
    return pca.transform(train), pca.transform(test)


def features(
    vae: Any, x_train: Any, x_test: Any, batch_size: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Returns examples for training and for testing as rows of numbers, in three ways.

    Returns:
        By name `"latents"`, the posterior's means; `"pca"`, as many principal components of the
        pixels; and `"pixels"`, themselves.
    """
    latents = [_flat(posterior_means(vae, x, batch_size)) for x in (x_train, x_test)]
    pixels = [_flat(vae._over(vae._examples, x, batch_size).numpy()) for x in (x_train, x_test)]
    return {
        "latents": (latents[0], latents[1]),
        "pca": principal_components(pixels[0], pixels[1], latents[0].shape[1]),
        "pixels": (pixels[0], pixels[1]),
    }


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)
