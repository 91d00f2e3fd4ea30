"""A model whose data say what its posteriors are: an example is what the heads of q give for it."""

from typing import Any

import numpy as np

import tfvae
from tests.test_linear_gaussian import raw_scale


def told_model(posterior: Any, size: int, prior: Any = None) -> tfvae.VAE:
    """A model of examples `[N, size]`, whose heads hand on so many numbers, one after another."""
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=posterior,
        prior=prior,
        likelihood=tfvae.families.Normal((size,), 1.0),
    )
    part = vae.latents.posterior
    start = 0
    for head in getattr(part, "family", part).projections.values():
        width = int(np.prod(head.event_shape))
        head.dense.kernel.assign(np.eye(size)[:, start : start + width])
        head.dense.bias.assign(np.zeros(width))
        start += width
    assert start == size
    return vae


def gaussians(loc: Any, scale: Any) -> np.ndarray:
    """Examples whose posteriors are these diagonal Gaussians, for `[N, D]` each."""
    loc = np.asarray(loc, "float32")
    raw = raw_scale(np.broadcast_to(np.asarray(scale, "float64"), loc.shape))
    return np.concatenate([loc, raw.astype("float32")], axis=1)


def diagonal_model(size: int, prior: Any = None) -> tfvae.VAE:
    """A model for such examples."""
    return told_model(tfvae.families.DiagonalNormal(size), 2 * size, prior)
