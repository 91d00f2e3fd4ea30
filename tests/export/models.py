"""Small models of every combination of parts, with weights at which nothing cancels by chance."""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

import tfvae
from tfvae.export.converting import Job, convert
from tfvae.export.endpoints import endpoints_of
from tfvae.export.to_saved_model import write_saved_model

# Odd sides: halved and doubled, they must come out exactly.
EVENT = (9, 7, 1)
LATENT_SIZE = 3
COMPONENTS = 4
SEED = 7

POSTERIORS = ("DiagonalNormal", "FullNormal")
PRIORS = ("standard", "diagonal", "full")
LIKELIHOODS = ("Bernoulli", "ContinuousBernoulli", "fixed", "shared", "per_pixel")
ARCHITECTURES = ("MLP", "GatedMLP", "Conv")


class Parts(NamedTuple):
    """The parts of a model by name."""

    posterior: str
    prior: str
    likelihood: str
    architecture: str

    def __str__(self) -> str:
        return "-".join(self)


EVERY = [
    Parts(*parts) for parts in itertools.product(POSTERIORS, PRIORS, LIKELIHOODS, ARCHITECTURES)
]
# Each name at least once.
COVERING = [
    Parts("DiagonalNormal", "diagonal", "Bernoulli", "MLP"),
    Parts("FullNormal", "full", "ContinuousBernoulli", "Conv"),
    Parts("DiagonalNormal", "standard", "per_pixel", "GatedMLP"),
    Parts("DiagonalNormal", "full", "fixed", "MLP"),
    Parts("FullNormal", "diagonal", "shared", "GatedMLP"),
]
SMALL = Parts("DiagonalNormal", "diagonal", "Bernoulli", "GatedMLP")
SMALLEST = Parts("DiagonalNormal", "standard", "Bernoulli", "MLP")
# Its weights outweigh the graphs of its endpoints.
WIDE = 3000
# Its posterior has scales of 1e-4.
SHARP = COVERING[2]


class Shelf(NamedTuple):
    """A model and its artefacts."""

    vae: tfvae.VAE
    saved_model: Path
    tflite: Path


def likelihood_of(name: str, event_shape: tuple[int, ...] = EVENT) -> Any:
    """A likelihood by its name; the Gaussian one by that of its scale."""
    if name in ("fixed", "shared", "per_pixel"):
        return tfvae.families.Normal(event_shape, 0.1 if name == "fixed" else name)
    return getattr(tfvae.families, name)(event_shape)


def build(parts: Parts) -> tfvae.VAE:
    """A model of these parts, of which every weight is random."""
    hidden = WIDE if parts == COVERING[0] else 12
    if parts.architecture == "Conv":
        encoder = tfvae.encoders.Conv((4, 6), dense=hidden)
        decoder = tfvae.decoders.Conv(EVENT[:2], (6, 4), dense=hidden)
    else:
        encoder = getattr(tfvae.encoders, parts.architecture)((hidden,))
        decoder = getattr(tfvae.decoders, parts.architecture)((hidden,))
    mixture = parts.prior != "standard"
    prior = tfvae.priors.MixtureOfGaussians(COMPONENTS, parts.prior) if mixture else None
    vae = tfvae.VAE(
        encoder,
        decoder,
        posterior=getattr(tfvae.families, parts.posterior)(LATENT_SIZE),
        prior=prior,
        likelihood=likelihood_of(parts.likelihood),
    )
    generator = np.random.default_rng(0)
    for weight in vae.weights:
        spread = 1.0 / np.sqrt(np.prod(weight.shape[:-1])) if len(weight.shape) > 1 else 0.2
        weight.assign(weight.numpy() + spread * generator.normal(size=weight.shape))
    if parts == SHARP:
        head = vae.latents.posterior.family.projections["scale"].dense
        head.bias.assign(head.bias - 9.0)
        head.kernel.assign(0.1 * head.kernel)
    if mixture:
        weights_at_draws(vae)
    # An optimiser with state, which must not reach the artefacts.
    vae.compile("adam")
    vae.optimizer.build(vae.trainable_variables)
    return vae


def weights_at_draws(vae: tfvae.VAE) -> None:
    """Puts each threshold between components at a number that `sample` draws: the hardest case.

    Where two backends differ in the last bit of a threshold, they then draw other components.
    """
    noise = tfvae.random.threefry_draw(
        vae.latents.generative_noise(), *tfvae.random.rows(SEED, COMPONENTS - 1)
    )
    thresholds = np.sort(noise["component"].numpy().astype(np.float64))
    vae.prior.logits.assign(np.log(np.diff([0.0, *thresholds, 1.0])))


def images(count: int, event_shape: tuple[int, ...] = EVENT) -> np.ndarray:
    """Random binary images, which every likelihood accepts."""
    return np.random.default_rng(1).integers(0, 2, (count, *event_shape)).astype(np.float32)


def shelve(models: list[tfvae.VAE], folder: Path) -> list[Shelf]:
    """Writes the artefacts of models as an export does, with one converter for all of them."""
    shelves, jobs = [], []
    for number, vae in enumerate(models):
        saved, tflite = folder / f"saved_{number}", folder / f"vae_{number}.tflite"
        endpoints = endpoints_of(vae)
        write_saved_model(endpoints, saved)
        jobs.append(Job(str(saved), list(endpoints), str(tflite)))
        shelves.append(Shelf(vae, saved, tflite))
    convert(jobs)
    return shelves


def weight_bytes(vae: tfvae.VAE) -> int:
    """What the weights of a model take in float32."""
    return 4 * sum(int(np.prod(weight.shape)) for weight in vae.weights)


class Erf(keras.Layer):
    """A layer that LiteRT has no operation for."""

    def call(self, inputs: Any) -> Any:
        """Applies the error function."""
        return keras.ops.erf(inputs)
