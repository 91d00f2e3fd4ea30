"""The VampPrior against TFP's mixture of encoded pseudo-inputs, and what belongs to one model."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import tfvae
from tests.families.laplace import Laplace
from tfvae import random
from tfvae.priors import VampPrior
from tfvae.priors.gaussians import Gaussians
from tfvae.priors.vamp import _clip

tfd = tfp.distributions
SHAPE = (3, 2)
POSTERIORS = {
    "diagonal": tfvae.families.DiagonalNormal,
    "full": tfvae.families.FullNormal,
    "other": Laplace,
}
posteriors = pytest.mark.parametrize("posterior", POSTERIORS)


def model(posterior="diagonal", prior=None, encoder=None, **arguments):
    learned = ("weights", "pseudo_inputs")
    vae = tfvae.VAE(
        encoder or tfvae.encoders.MLP((7,), "tanh"),
        tfvae.decoders.MLP((7,)),
        posterior=POSTERIORS[posterior](3),
        prior=prior or VampPrior(5, learned=learned, **arguments),
        likelihood=tfvae.families.Bernoulli(SHAPE),
    )
    values = np.random.RandomState(0)
    vae.prior.logits.assign(values.normal(size=vae.prior.num_components))
    for head in vae.latents.posterior.family.projections.values():
        head.dense.bias.assign(values.normal(size=head.dense.bias.shape))
    return vae


def examples(count=40):
    return np.random.RandomState(1).uniform(size=(count, *SHAPE)).astype("float32")


def latents(*shape):
    return tf.constant(2 * np.random.RandomState(2).normal(size=(*shape, 3)), tf.float32)


def plain_tfp(vae):
    """TFP's mixture of the posteriors that the encoder makes of the pseudo-inputs."""
    features = vae.encoder(vae.prior.pseudo_inputs())
    components = vae.latents.distribution(vae.latents(features))
    return tfd.MixtureSameFamily(tfd.Categorical(logits=vae.prior.logits.value), components)


@posteriors
def test_density_and_gradients_against_tfp(posterior):
    vae, z = model(posterior), latents(6)
    leaves = [z, *(weight.value for weight in vae.prior.trainable_weights)]
    leaves += [weight.value for weight in vae.encoder.trainable_weights]
    leaves += [weight.value for weight in vae.latents.posterior.trainable_weights]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(leaves)
        ours, theirs = vae.prior.log_prob(z), plain_tfp(vae).log_prob(z)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-5)
    for leaf in leaves:
        one, other = (tf.convert_to_tensor(tape.gradient(value, leaf)) for value in (ours, theirs))
        assert np.abs(other).max() > 1e-4
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5 * np.abs(other).max() + 2e-5)


@posteriors
def test_density_takes_any_leading_axes(posterior):
    prior, z = model(posterior).prior, latents(2, 4, 3)
    together = prior.component_log_prob(z)
    assert together.shape == (2, 4, 3, 5)
    flat = prior.component_log_prob(tf.reshape(z, (-1, 3)))
    np.testing.assert_allclose(together, tf.reshape(flat, (2, 4, 3, 5)), rtol=1e-5)
    np.testing.assert_allclose(prior.log_prob(z), tf.reduce_logsumexp(together, -1), rtol=1e-6)


@posteriors
def test_responsibilities_and_distribution_are_tfps(posterior):
    vae, z = model(posterior), latents(9)
    theirs, ours = plain_tfp(vae), vae.prior.distribution()
    expected = theirs.posterior_marginal(z).probs_parameter()
    np.testing.assert_allclose(vae.prior.responsibilities(z), expected, atol=1e-5)
    np.testing.assert_allclose(ours.log_prob(z), theirs.log_prob(z), rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(ours.mean(), theirs.mean(), rtol=1e-4, atol=1e-5)
    assert vae.prior.components().batch_shape == (5,)


def test_a_full_gaussian_is_held_by_the_inverse_of_its_triangle():
    triangle = np.tril(np.random.RandomState(0).normal(size=(4, 6, 6)))
    triangle[:, range(6), range(6)] = np.random.RandomState(1).uniform(0.3, 2.0, size=(4, 6))
    loc = np.random.RandomState(2).normal(size=(4, 6))
    q = tfd.MultivariateNormalTriL(loc, triangle)
    gaussians, z = Gaussians.of(q), tf.constant(np.random.RandomState(3).normal(size=(5, 6)))
    for density in (gaussians.log_prob, gaussians.exact_log_prob):
        np.testing.assert_allclose(density(z), q.log_prob(z[:, None]), rtol=1e-10)
    np.testing.assert_allclose(gaussians.covariance.scale_tril(), triangle, atol=1e-10)
    assert Gaussians.of(tfd.Normal(0.0, 1.0)) is None


@posteriors
def test_draws_of_a_component_are_those_of_its_posterior(posterior):
    vae, count = model(posterior), 20_000
    noise = random.draw(vae.prior.noise(), (count,), (3, 4))
    z = vae.prior.sample(noise, component=tf.fill([count], 2)).numpy()
    q = vae.prior.components()
    error = 5 * q.stddev().numpy()[2] / np.sqrt(count)
    assert (np.abs(z.mean(0) - q.mean().numpy()[2]) < error).all()
    np.testing.assert_allclose(z.std(0), q.stddev()[2], rtol=0.05)


@posteriors
def test_draws_follow_the_density(posterior):
    vae, count = model(posterior), 40_000
    z = vae.prior.sample(random.draw(vae.prior.noise(), (count,), (5, 6)))
    ours = vae.prior.log_prob(z).numpy()
    theirs = plain_tfp(vae)
    other = theirs.log_prob(theirs.sample(count, seed=0)).numpy()
    error = np.sqrt(ours.var() / count + other.var() / count)
    assert abs(ours.mean() - other.mean()) < 5 * error


def test_temperature_scales_the_noise_around_the_chosen_posterior():
    prior = model().prior
    noise = random.draw(prior.noise(), (30,), (0, 0))
    component = tf.constant(np.arange(30) % 5, tf.int32)
    cold, half, full = (prior.sample(noise, component, t).numpy() for t in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(cold, prior.components().mean().numpy()[np.arange(30) % 5])
    np.testing.assert_allclose(half - cold, (full - cold) / 2, atol=1e-6)


@keras.saving.register_keras_serializable("tests")
class Counting(tfvae.encoders.MLP):
    """Counts how often it is called."""

    calls = 0

    def call(self, inputs):
        type(self).calls += 1
        return super().call(inputs)


def test_a_training_step_encodes_the_pseudo_inputs_once():
    vae, x = model(encoder=Counting((7,))), examples(8)
    vae.compile("adam", jit_compile=False, steps_per_execution=1)
    step = tf.function(lambda: vae.train_step((tf.constant(x), tf.constant(x))))
    Counting.calls = 0
    step.get_concrete_function()
    assert Counting.calls == 2  # The examples, and the pseudo-inputs.


class Uncounted(keras.layers.Layer):
    """Loses the number of its rows, as far as a graph can see."""

    def call(self, inputs):
        rows = tf.fill(tf.shape(inputs)[:1], True)
        return tf.boolean_mask(tf.reshape(inputs, (-1, 6)), rows)

    def compute_output_shape(self, shape):
        return (None, 6)


def test_an_encoder_may_hide_the_number_of_its_rows():
    prior, z = model(encoder=Uncounted()).prior, latents(4)
    compiled = tf.function(prior.log_prob)(z)
    np.testing.assert_allclose(compiled, prior.log_prob(z), rtol=1e-5)


def test_pseudo_inputs_are_read_as_outside_of_training():
    layers = keras.layers
    encoder = keras.Sequential(
        [layers.Flatten(), layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.5)]
    )
    vae, x = model(encoder=encoder), tf.constant(examples(16))
    moving = [weight.numpy() for weight in encoder.non_trainable_weights]
    first, again = (vae.prior.log_prob(latents(4)).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for before, after in zip(moving, encoder.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(before, after.numpy())
    noise = random.draw(vae.noise(), (1, 16), (0, 0))
    expected = vae.prior.log_prob(vae.trace(x, x, noise).inference.z)
    np.testing.assert_allclose(vae.trace(x, x, noise).inference.log_p[0], expected, rtol=1e-6)


@pytest.mark.parametrize("upstream", [1.0, -1.0])
def test_a_pseudo_input_at_a_bound_can_come_back(upstream):
    raw = tf.constant([-0.5, 0.0, 0.3, 1.0, 1.5])
    with tf.GradientTape() as tape:
        tape.watch(raw)
        clipped = _clip(raw, 0.0, 1.0)
        value = upstream * tf.reduce_sum(clipped)
    np.testing.assert_array_equal(clipped, [0.0, 0.0, np.float32(0.3), 1.0, 1.0])
    inwards = [0, 0, 1, 1, 1] if upstream > 0 else [1, 1, 1, 0, 0]
    np.testing.assert_array_equal(tape.gradient(value, raw), upstream * np.array(inwards))


def test_without_bounds_pseudo_inputs_are_the_weights():
    prior = model(bounds=None).prior
    np.testing.assert_array_equal(prior.pseudo_inputs(), prior.raw)
    assert prior.pseudo_inputs().numpy().min() < 0.0


def test_adapting_draws_examples_without_replacement():
    vae, x = model(seed=3), examples(5)
    vae.adapt(x)
    found = sorted(map(tuple, vae.prior.pseudo_inputs().numpy().reshape(5, -1)))
    assert found == sorted(map(tuple, x.reshape(5, -1)))
    twin = model(seed=3)
    twin.adapt(x)
    np.testing.assert_array_equal(twin.prior.raw, vae.prior.raw)


def test_adapting_by_kmeans_takes_the_means_of_clusters():
    centres = np.random.RandomState(5).uniform(0.2, 0.8, size=(5, *SHAPE))
    which = np.arange(200) % 5
    x = (centres[which] + 1e-3 * np.random.RandomState(6).normal(size=(200, *SHAPE))).astype("f4")
    vae = model(seed=0, start="kmeans")
    vae.adapt(x)
    found = vae.prior.pseudo_inputs().numpy()
    distance = np.abs(centres[:, None] - found[None]).max(axis=(2, 3))
    assert (distance.min(1) < 0.01).sum() >= 4
    assert (distance.min(0) < 0.3).all()


def test_adapted_pseudo_inputs_make_the_prior_likelier_once_the_model_is_trained():
    vae, x = model(seed=0), np.tile(np.eye(6, dtype="float32").reshape(6, *SHAPE), (10, 1, 1))
    vae.objective = tfvae.objectives.ELBO(beta=0.1)
    vae.compile(keras.optimizers.Adam(0.02))
    vae.fit(x, epochs=40, batch_size=20, verbose=0)
    vae.prior.raw.assign(np.full(vae.prior.raw.shape, 0.5))
    z = vae.encode(x).mean()
    before = vae.prior.log_prob(z).numpy().mean()
    vae.adapt(x)
    assert vae.prior.log_prob(z).numpy().mean() > before


def test_examples_that_are_too_few_are_refused():
    with pytest.raises(ValueError, match="5 pseudo-inputs cannot start from 4 examples"):
        model().adapt(np.zeros([4, *SHAPE]))


def test_examples_out_of_bounds_are_refused():
    prior = model(bounds=(0.25, 0.75)).prior
    with pytest.raises(ValueError, match=r"data go from 0 to 1, but pseudo-inputs are kept from"):
        prior.adapt(np.eye(6).reshape(6, *SHAPE))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_components": 0}, "`num_components` must be a whole number of at least 1"),
        ({"learned": "weights"}, "`learned` must be some of"),
        ({"learned": ["loc"]}, "`learned` must be some of"),
        ({"start": "random"}, "`start` must be 'examples' or 'kmeans'"),
        ({"bounds": (1.0, 0.0)}, "`bounds` must be two numbers, the lower first"),
        ({"bounds": 1.0}, "`bounds` must be two numbers"),
        ({"bounds": (0.0, float("inf"))}, "`bounds` must be two numbers"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        VampPrior(**arguments)


def test_a_prior_belongs_to_one_model():
    vae = model()
    with pytest.raises(ValueError, match="is the prior of another model"):
        model(prior=vae.prior)
    # The first is as it was.
    assert np.isfinite(vae.elbo(examples(4))).all()


def test_a_model_that_could_not_be_built_leaves_its_prior_free():
    prior = VampPrior(5)
    with pytest.raises(ValueError, match="does not accept input"):
        tfvae.VAE(
            tfvae.encoders.MLP((4,)),
            keras.Sequential([keras.Input((9,)), keras.layers.Dense(4)]),
            posterior=tfvae.families.DiagonalNormal(3),
            prior=prior,
            likelihood=tfvae.families.Bernoulli(SHAPE),
        )
    assert np.isfinite(model(prior=prior).elbo(examples(4))).all()


def test_without_a_model_it_has_no_components():
    with pytest.raises(ValueError, match=r"has no model yet: give it to `tfvae.VAE"):
        VampPrior(5).build((None, 3))


def test_the_encoder_is_tracked_once():
    vae = model()
    assert len(vae.weights) == len({id(weight) for weight in vae.weights})
    assert {weight.name for weight in vae.prior.weights} == {"pseudo_inputs", "logits"}
    kept = vae.prior
    del vae
    gc.collect()
    assert np.isfinite(kept.log_prob(latents(2))).all()


def test_an_artefact_has_no_pseudo_inputs_but_what_they_are_encoded_to(tmp_path):
    vae = model()
    tfvae.export.saved_model(vae, tmp_path / "saved")
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    sizes = {tuple(variable.shape) for variable in saved.weights}
    assert tuple(vae.prior.raw.shape) not in sizes
    for name in ("sample", "sample_component", "decode"):
        read = {tuple(v.shape) for v in saved.signatures[name].variables}
        assert tuple(vae.encoder.weights[0].shape) not in read
    assert vae.prior.constants is None
