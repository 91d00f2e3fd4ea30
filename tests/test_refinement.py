"""Posteriors refined one example at a time, against those that are known exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.conformance.variants.base import binary
from tests.test_linear_gaussian import data, exact_model, truth_for
from tfvae import decoders, encoders, families, flows, latents, posteriors, priors
from tfvae.refinement import ascend

kinds = pytest.mark.parametrize("kind", [families.DiagonalNormal, families.FullNormal])


@kinds
def test_it_reaches_the_exact_posterior_from_a_wrong_one(kind):
    truth = truth_for(kind)
    vae, x = exact_model(kind, truth, widen=2.0, shift=0.5), data(truth, 7)
    found = vae.refine(x, steps=400, learning_rate=0.05, num_samples=8, comparison_samples=3000)
    evidence = truth.evidence.logpdf(x)
    assert (found.elbo_before < evidence - 0.5).all()
    np.testing.assert_allclose(found.elbo_after, evidence, atol=0.1)
    np.testing.assert_allclose(found.amortisation_gap, found.elbo_after - found.elbo_before)
    # What is left of it, exactly: the divergence between two Gaussians.
    left, precision = [], np.linalg.inv(truth.covariance)
    for loc, spread, exact in zip(
        found.q.mean().numpy(), found.q.covariance().numpy(), truth.posterior(x), strict=True
    ):
        far = loc - exact
        _, log_determinant = np.linalg.slogdet(precision @ spread)
        left.append(np.trace(precision @ spread) - len(far) + far @ precision @ far)
        left[-1] = 0.5 * (left[-1] - log_determinant)
    assert np.max(left) < 0.01


def test_it_stays_at_the_exact_posterior():
    truth = truth_for(families.FullNormal)
    vae, x = exact_model(families.FullNormal, truth), data(truth, 5)
    found = vae.refine(x, steps=50, learning_rate=0.01, num_samples=16)
    np.testing.assert_allclose(found.amortisation_gap, 0.0, atol=0.05)
    np.testing.assert_allclose(found.q.mean(), truth.posterior(x), atol=0.1)


def model(posterior, prior=None, encoder=None):
    return tfvae.VAE(
        encoder or encoders.MLP((16,)),
        decoders.MLP((16,)),
        posterior=posterior,
        prior=prior,
        likelihood=families.Bernoulli((8, 8, 1)),
    )


def structured(latent_variables):
    return tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        latents=latent_variables,
        likelihood=families.Bernoulli((8, 8, 1)),
    )


EVERY = {
    "diagonal": lambda: model(families.DiagonalNormal(2), priors.MixtureOfGaussians(3)),
    "full": lambda: model(families.FullNormal(2)),
    "mixture": lambda: model(posteriors.MixtureOfGaussians(2, 3)),
    "planar": lambda: model(posteriors.Flowed(families.DiagonalNormal(2), flows.Planar(2))),
    "autoregressive": lambda: model(
        posteriors.Flowed(
            families.DiagonalNormal(2), flows.InverseAutoregressive(2, (8,), context_size=4)
        )
    ),
    "coupling": lambda: model(
        posteriors.Flowed(families.DiagonalNormal(2), flows.RealNVP(2, (8,)))
    ),
    "von Mises-Fisher": lambda: model(families.VonMisesFisher(3), priors.UniformSphere()),
    "power spherical": lambda: model(families.PowerSpherical(3), priors.UniformSphere()),
    "relaxed": lambda: model(
        posteriors.RelaxedCategorical(3, 4), priors.UniformRelaxedCategorical()
    ),
    "straight through": lambda: model(
        posteriors.StraightThroughCategorical(3, 4), priors.UniformCategorical()
    ),
    "responsible": lambda: structured(
        latents.Responsible(families.DiagonalNormal(2), priors.MixtureOfGaussians(3))
    ),
}


def test_it_raises_the_bound_of_examples_held_out():
    vae, x = EVERY["diagonal"](), binary()
    vae.compile(keras.optimizers.Adam(0.01))
    vae.fit(x[:32], batch_size=16, epochs=10, verbose=0)
    weights, held_out = vae.get_weights(), x[32:44]
    found = vae.refine(held_out, steps=60)
    assert (found.elbo_after > found.elbo_before).all()
    assert found.amortisation_gap.mean() > 0.3
    before = vae.elbo(held_out, num_samples=500)
    np.testing.assert_allclose(found.elbo_before.mean(), before.mean(), atol=0.5)
    for one, other in zip(weights, vae.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_it_takes_every_kind_of_posterior(make):
    vae, x = make(), binary()[:6]
    # So that the decoder listens to its latents.
    for weight in vae.decoder.weights:
        weight.assign(3.0 * weight)
    found = vae.refine(x, steps=40, learning_rate=0.1)
    assert (found.q.batch_shape, found.q.event_shape) == ((6,), vae.latents.event_shape)
    assert found.amortisation_gap.mean() > 0.3
    assert (found.amortisation_gap > -0.1).all()


def test_a_posterior_that_reads_a_condition_is_refined_under_it():
    vae = structured(latents.Conditional(families.DiagonalNormal(2), num_classes=3))
    for weight in vae.decoder.weights:
        weight.assign(3.0 * weight)
    x = {"x": binary()[:6], "condition": np.array([0, 1, 2, 0, 1, 2], "int32")}
    found = vae.refine(x, steps=40, learning_rate=0.1)
    assert found.amortisation_gap.mean() > 0.3
    before = vae.elbo(x, num_samples=500)
    np.testing.assert_allclose(found.elbo_before.mean(), before.mean(), atol=0.5)


def test_an_example_is_refined_for_itself_and_by_its_seed():
    vae, x = model(families.DiagonalNormal(2)), binary()[:5]
    found = vae.refine(x, steps=10, seed=3)
    again = vae.refine(x, steps=10, seed=3)
    np.testing.assert_array_equal(again.q.mean(), found.q.mean())
    np.testing.assert_array_equal(again.elbo_after, found.elbo_after)
    in_pairs = vae.refine(x, steps=10, seed=3, batch_size=2)
    np.testing.assert_allclose(in_pairs.q.mean(), found.q.mean(), rtol=1e-3, atol=1e-3)
    others = np.concatenate([x[:2], 1.0 - x[2:]])
    beside = vae.refine(others, steps=10, seed=3)
    np.testing.assert_allclose(beside.q.mean()[:2], found.q.mean()[:2], rtol=1e-3, atol=1e-3)
    other = vae.refine(x, steps=10, seed=4)
    assert np.abs(other.q.mean() - found.q.mean()).max() > 1e-4


def test_steps_are_those_of_keras():
    start = np.random.RandomState(0).normal(size=(4, 3)).astype("float32")
    variable = tf.Variable(start)
    optimizer = keras.optimizers.Adam(0.1, epsilon=1e-8)
    raw, adam = {"a": tf.constant(start)}, ({"a": tf.zeros([4, 3])},) * 2
    for number in range(5):
        gradient = np.random.RandomState(number).normal(size=(4, 3)).astype("float32")
        optimizer.apply([tf.constant(-gradient)], [variable])
        done, rate = tf.constant(number), tf.constant(0.1)
        raw, adam = ascend(raw, {"a": tf.constant(gradient)}, adam, done, rate)
    np.testing.assert_allclose(raw["a"], variable, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "`steps` must be a whole number"),
        ({"num_samples": 1.5}, "`num_samples` must be a whole number"),
        ({"comparison_samples": -1}, "`comparison_samples` must be a whole number"),
        ({"learning_rate": 0.0}, "`learning_rate` must be a number above 0"),
        ({"learning_rate": "fast"}, "`learning_rate` must be a number above 0"),
        ({"seed": 0.5}, "seed must be an integer"),
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
    ],
)
def test_arguments_that_mean_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        model(families.DiagonalNormal(2)).refine(binary()[:2], **arguments)


def test_examples_outside_the_support_are_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        model(families.DiagonalNormal(2)).refine(2.0 * binary()[:2])


class InOnePiece(posteriors.Amortised):
    """A user's posterior that does not say what its parameters are made of."""

    def call(self, features):
        return self.family(features)

    def project(self, features):
        return posteriors.Posterior.project(self, features)


def test_a_posterior_without_free_parameters_says_so():
    vae = model(InOnePiece(families.DiagonalNormal(2)))
    with pytest.raises(ValueError, match="InOnePiece cannot be refined"):
        vae.refine(binary()[:2])
