"""A linear Gaussian ladder of two levels, whose evidence and posterior are known exactly.

z2 = e2, z1 = A z2 + a + s1 e1 and x = W z1 + V z2 + b + s e with standard normal e: all of them are
jointly Gaussian. The columns of W are orthogonal: only then is q(z1 given z2, x) diagonal.
"""

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

import tfvae
from tests.gaussian_data import draws, orthonormal
from tfvae import random
from tfvae.latents import Ladder

PIXELS, LOWER, UPPER, SCALE = 6, 3, 2, 0.4


def raw_scale(scale):
    """What a head must give for the family to make this scale of it."""
    return np.log(np.expm1(scale - 1e-6)) - np.log(np.e - 1)


class Gaussian:
    """N(loc, covariance)."""

    def __init__(self, loc, covariance):
        self.loc, self.covariance = loc, covariance

    def density(self):
        return stats.multivariate_normal(self.loc, self.covariance)

    def divergence(self, other):
        """KL(self, other) in nats."""
        precision = np.linalg.inv(other.covariance)
        shift = other.loc - self.loc
        ratio = np.linalg.slogdet(other.covariance)[1] - np.linalg.slogdet(self.covariance)[1]
        trace = np.trace(precision @ self.covariance) - len(self.loc)
        return 0.5 * (trace + shift @ precision @ shift + ratio)


class Truth:
    """The weights of the model, and what follows from them."""

    def __init__(self):
        generator = np.random.RandomState(0)
        self.down = generator.normal(size=(LOWER, UPPER))
        self.down_loc = generator.normal(size=LOWER)
        self.down_scale = np.array([0.5, 0.9, 1.2])
        self.lower = orthonormal(generator.normal(size=(PIXELS, LOWER))) * [1.5, 0.7, 1.0]
        self.upper = generator.normal(size=(PIXELS, UPPER))
        self.loc = generator.normal(size=PIXELS)
        # z = (z1, z2) as one vector, and x given it.
        both = np.concatenate([self.down, np.eye(UPPER)])
        self.prior = Gaussian(
            np.concatenate([self.down_loc, np.zeros(UPPER)]),
            both @ both.T + np.diag([*self.down_scale**2, *np.zeros(UPPER)]),
        )
        self.loadings = np.concatenate([self.lower, self.upper], axis=1)
        spread = self.loadings @ self.prior.covariance @ self.loadings.T
        covariance = spread + SCALE**2 * np.eye(PIXELS)
        self.evidence = stats.multivariate_normal(
            self.loc + self.loadings @ self.prior.loc, covariance
        )
        self.gain = self.prior.covariance @ self.loadings.T @ np.linalg.inv(covariance)
        # q(z1 given z2, x).
        precision = 1 / self.down_scale**2 + (self.lower**2).sum(0) / SCALE**2
        self.lower_scale = precision**-0.5
        on_z2 = self.down / self.down_scale[:, None] ** 2 - self.lower.T @ self.upper / SCALE**2
        constant = self.down_loc / self.down_scale**2 - self.lower.T @ self.loc / SCALE**2
        self.lower_on_z2, self.lower_on_x, self.lower_constant = (
            (part.T / precision).T for part in (on_z2, self.lower.T / SCALE**2, constant)
        )

    def posterior(self, x):
        """The exact p(z1, z2 given x) of one example."""
        return Gaussian(
            self.prior.loc + self.gain @ (x - self.evidence.mean),
            self.prior.covariance - self.gain @ self.loadings @ self.prior.covariance,
        )

    def data(self, count):
        return draws(self.evidence, count, np.random.RandomState(1))

    def model(self, widen=1.0, shift=0.0, objective=None):
        """The model with these weights and their exact posterior, or one off by a known bit."""
        ladder = Ladder([tfvae.families.DiagonalNormal(LOWER), tfvae.families.FullNormal(UPPER)])
        vae = tfvae.VAE(
            tfvae.encoders.MLP(()),
            tfvae.decoders.MLP(()),
            likelihood=tfvae.families.Normal((PIXELS,), SCALE),
            latents=ladder,
            objective=objective,
        )
        assign(vae.likelihood.projections["loc"], self.loadings.T, self.loc)
        lower, upper = ladder.levels
        nothing = np.zeros([UPPER, LOWER])
        assign(lower.prior_family.projections["loc"], self.down.T, self.down_loc)
        assign(lower.prior_family.projections["scale"], nothing, raw_scale(self.down_scale))
        on_both = np.concatenate([self.lower_on_z2, self.lower_on_x], axis=1)
        heads = lower.family.projections
        assign(heads["loc"], on_both.T, self.lower_constant + shift)
        assign(
            heads["scale"], np.zeros([UPPER + PIXELS, LOWER]), raw_scale(widen * self.lower_scale)
        )
        exact = self.posterior(self.evidence.mean)
        scale_tril = widen * np.linalg.cholesky(exact.covariance[LOWER:, LOWER:])
        heads, gain = upper.family.projections, self.gain[LOWER:]
        assign(heads["loc"], gain.T, shift - gain @ self.evidence.mean)
        assign(heads["scale"], np.zeros([PIXELS, UPPER]), raw_scale(np.diag(scale_tril)))
        assign(heads["off_diagonal"], np.zeros([PIXELS, 1]), scale_tril[1:, 0])
        return vae

    def approximation(self, x, widen, shift):
        """The q(z1, z2 given x) of `model(widen, shift)` for one example."""
        exact = self.posterior(x)
        upper_loc = exact.loc[LOWER:] + shift
        upper = widen**2 * exact.covariance[LOWER:, LOWER:]
        lower_loc = self.lower_on_z2 @ upper_loc + self.lower_on_x @ x + self.lower_constant + shift
        cross = self.lower_on_z2 @ upper
        lower = cross @ self.lower_on_z2.T + np.diag((widen * self.lower_scale) ** 2)
        return Gaussian(
            np.concatenate([lower_loc, upper_loc]), np.block([[lower, cross], [cross.T, upper]])
        )


def assign(projection, kernel, bias):
    projection.dense.kernel.assign(kernel)
    projection.dense.bias.assign(bias)


def noise_for(vae, samples, count, seed=0):
    dtype = vae.likelihood.density_dtype
    return random.draw(vae.latents.noise(), (samples, count), (seed, 0), dtype)


def trace_of(vae, x, samples, gate=None, seed=0):
    x = tf.constant(x, vae.likelihood.density_dtype)
    return vae.trace(x, x, noise_for(vae, samples, len(x), seed), gate=gate)


def in_float64():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
