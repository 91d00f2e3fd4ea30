"""What a model does for its user, against integration over its latents and against its parts."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tfvae
from tfvae import random

EVENT = (2, 3, 1)


def model(prior=None, latent_size=2, **parts):
    """A small untrained model, its posterior fit for importance sampling."""
    given = {"likelihood": tfvae.families.Bernoulli(EVENT), **parts}
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,), "tanh"),
        posterior=tfvae.families.DiagonalNormal(latent_size),
        prior=prior,
        **given,
    )
    random = np.random.RandomState(3)
    for part, spread in ((vae.encoder, 0.3), (vae.latents, 0.3), (vae.decoder, 0.7)):
        for weight in part.trainable_weights:
            weight.assign(random.normal(0, spread, weight.shape))
    # Wider than the prior: then no importance weight is very large.
    vae.latents.posterior.family.projections["scale"].dense.bias.assign([1.0] * latent_size)
    return vae


@pytest.fixture(scope="module")
def vae():
    return model(tfvae.priors.MixtureOfGaussians(3))


@pytest.fixture(scope="module")
def plain():
    return model()


@pytest.fixture(scope="module")
def x():
    return np.random.RandomState(0).randint(0, 2, (7, *EVENT)).astype("float32")


def loc_by_hand(vae, x):
    """The posterior's location: the head's dense layer on the encoder's features."""
    dense = vae.latents.posterior.family.projections["loc"].dense
    return vae.encoder(x).numpy() @ dense.kernel.numpy() + dense.bias.numpy()


def test_encode_and_decode_are_distributions(vae, x):
    q = vae.encode(x)
    assert (q.batch_shape, q.event_shape) == ((7,), (2,))
    np.testing.assert_allclose(q.mode(), loc_by_hand(vae, x), rtol=1e-5, atol=1e-5)
    p = vae.decode(q.mode())
    assert (p.batch_shape, p.event_shape) == ((7,), EVENT)
    np.testing.assert_allclose(p.mean(), vae.reconstruct(x), atol=1e-6)
    assert p.log_prob(x).shape == (7,)


def test_reconstruct_is_the_mean_at_the_point_or_at_a_draw(vae, x):
    np.testing.assert_allclose(vae.reconstruct(x), vae(x), atol=1e-6)
    np.testing.assert_allclose(vae.reconstruct(x), vae.predict(x, verbose=0), atol=1e-6)
    drawn = vae.reconstruct(x, seed=5)
    np.testing.assert_array_equal(drawn, vae.reconstruct(x, seed=5))
    assert np.abs(drawn - vae.reconstruct(x, seed=6)).max() > 1e-3
    # A draw belongs to its row, whatever the batches and however many follow.
    np.testing.assert_allclose(drawn[:3], vae.reconstruct(x[:3], seed=5), atol=1e-6)
    np.testing.assert_allclose(drawn, vae.reconstruct(x, seed=5, batch_size=2), atol=1e-6)


def test_draws_of_reconstruct_come_from_the_posterior(vae, x):
    many = np.repeat(x[:1], 4000, axis=0)
    drawn = vae.reconstruct(many, seed=0)
    z = vae.encode(x[:1]).sample(4000, seed=1)[:, 0]
    expected = vae.decode(z).mean().numpy()
    error = np.sqrt(drawn.var(0) / 4000 + expected.var(0) / 4000)
    assert (np.abs(drawn.mean(0) - expected.mean(0)) < 5 * error).all()


def test_samples_belong_to_their_seed_and_row(vae):
    images = vae.sample(9, seed=4)
    assert images.shape == (9, *EVENT)
    np.testing.assert_array_equal(vae.sample(9, seed=4), images)
    np.testing.assert_allclose(vae.sample(4, seed=4), images[:4], atol=1e-6)
    np.testing.assert_allclose(vae.sample(9, seed=4, batch_size=2), images, atol=1e-6)
    assert np.abs(vae.sample(9, seed=5) - images).max() > 1e-3
    assert np.abs(vae.sample(9) - vae.sample(9)).max() > 1e-3


def test_samples_follow_the_prior(vae):
    drawn = vae.sample(4000, seed=0, batch_size=1000)
    expected = vae.decode(vae.prior.distribution().sample(4000, seed=1)).mean().numpy()
    error = np.sqrt(drawn.var(0) / 4000 + expected.var(0) / 4000)
    assert (np.abs(drawn.mean(0) - expected.mean(0)) < 5 * error).all()


def test_a_component_can_be_chosen_for_all_or_for_each(vae):
    # Without noise a sample is the component's location, decoded.
    expected = vae.decode(vae.prior.loc).mean().numpy()
    alike = vae.sample(4, seed=0, component=2, temperature=0.0)
    np.testing.assert_allclose(alike, np.repeat(expected[2:], 4, axis=0), atol=1e-6)
    each = vae.sample(5, seed=0, component=[0, 2, 1, 1, 0], temperature=0.0, batch_size=2)
    np.testing.assert_allclose(each, expected[[0, 2, 1, 1, 0]], atol=1e-6)
    assert np.abs(vae.sample(4, seed=0, component=2) - alike).max() > 1e-3


def test_elbo_against_the_models_own_distributions(vae, plain, x):
    for each in (vae, plain):
        q = each.encode(x)
        z = q.sample(4000, seed=2)
        ratio = each.prior.distribution().log_prob(z) - q.log_prob(z)
        flat = each.decode(tf.reshape(z, (-1, 2)), batch_size=4096)
        ratio += tf.reshape(flat.log_prob(np.tile(x, (4000, 1, 1, 1))), (4000, 7))
        expected, error = ratio.numpy().mean(0), ratio.numpy().std(0) / np.sqrt(4000)
        value = each.elbo(x, num_samples=2000)
        assert value.shape == (7,)
        assert (np.abs(value - expected) < 8 * error).all()


def test_scores_belong_to_their_seed(vae, x):
    for verb in (
        vae.elbo,
        vae.anomaly_score,
        lambda x, **kwargs: vae.log_likelihood(x, 5, **kwargs),
    ):
        np.testing.assert_array_equal(verb(x, seed=1), verb(x, seed=1))
        assert np.abs(verb(x, seed=1) - verb(x, seed=2)).max() > 1e-4
    np.testing.assert_array_equal(vae.anomaly_score(x, 3, seed=1), -vae.elbo(x, 3, seed=1))


@pytest.mark.parametrize("prior", [None, tfvae.priors.MixtureOfGaussians(3)])
@pytest.mark.parametrize(
    "likelihood",
    [tfvae.families.Bernoulli(EVENT), tfvae.families.Normal(EVENT, "per_pixel")],
    ids=["bernoulli", "normal"],
)
def test_log_likelihood_against_integration_over_the_latent(prior, likelihood, x):
    vae = model(prior, latent_size=1, likelihood=likelihood)
    z = np.linspace(-12, 12, 4001).astype("float32")[:, None]
    log_prior = vae.prior.distribution().log_prob(z).numpy().astype("float64")
    p = vae.decode(z, batch_size=4001)
    log_joint = np.stack([p.log_prob(row).numpy() for row in x]) + log_prior
    expected = special.logsumexp(log_joint, axis=1) + np.log(z[1, 0] - z[0, 0])
    value = vae.log_likelihood(x, num_samples=20_000)
    assert (value.shape, value.dtype) == ((7,), np.float64)
    np.testing.assert_allclose(value, expected, atol=0.03)
    # A bound, in expectation, from below.
    assert vae.elbo(x, num_samples=500).mean() < expected.mean()


def test_responsibilities_are_bayes_rule_at_the_point(vae, x):
    z = vae.encode(x).mode()
    components = vae.prior.components()
    log_joint = components.log_prob(z[:, None]) + vae.prior.log_weights()
    expected = special.softmax(log_joint.numpy(), axis=1)
    np.testing.assert_allclose(vae.responsibilities(x), expected, atol=1e-5)
    np.testing.assert_array_equal(vae.cluster(x), expected.argmax(1))


@pytest.mark.parametrize("epochs", [0, 1])
def test_adapt_starts_the_mixture_from_draws_or_after_pretraining_from_points(epochs):
    vae = model(tfvae.priors.MixtureOfGaussians(3, seed=0))
    x = np.random.RandomState(0).randint(0, 2, (60, *EVENT))
    vae.adapt(x, batch_size=16, epochs=epochs)
    z, loc = vae.encode(x).mode().numpy(), vae.prior.loc.numpy()
    if not epochs:
        noise = random.threefry_draw(vae.latents.noise(), *random.rows(0, 60))
        given = {name: value[None] for name, value in noise.items()}
        z = vae.latents.draw(vae.infer_parameters(tf.constant(x, "float32")), given)[0].numpy()
    nearest = np.linalg.norm(z[:, None] - loc, axis=-1).argmin(1)
    # Where k-means ends, each location is the mean of what is nearest to it.
    for k in range(3):
        np.testing.assert_allclose(loc[k], z[nearest == k].mean(0), atol=1e-4)
    shares = np.bincount(nearest, minlength=3) / 60
    np.testing.assert_allclose(np.exp(vae.prior.log_weights()), shares, atol=1e-5)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.tolist(),
        tf.constant,
        lambda x: x.astype(bool),
        lambda x: x.astype("int64"),
        lambda x: x.astype("float64"),
        lambda x: x[..., 0],
        tfvae.pipeline.Images,
        lambda x: tf.data.Dataset.from_tensor_slices(x).batch(3),
        lambda x: tf.data.Dataset.from_tensor_slices((x, x)).batch(2),
    ],
    ids=["list", "tensor", "bool", "int", "float64", "no_channel", "images", "dataset", "pairs"],
)
def test_every_kind_of_input_gives_the_same(convert, vae, x):
    given = convert(x)
    np.testing.assert_allclose(vae.encode(given).mean(), vae.encode(x).mean(), atol=1e-6)
    np.testing.assert_allclose(vae.reconstruct(given), vae.reconstruct(x), atol=1e-6)
    np.testing.assert_array_equal(vae.cluster(given), vae.cluster(x))
    np.testing.assert_allclose(
        vae.log_likelihood(given, 2000), vae.log_likelihood(x, 2000), atol=0.5
    )


@pytest.mark.parametrize("batch_size", [1, 3, 7, 1000])
def test_batches_change_nothing_that_is_not_drawn(batch_size, vae, x):
    for verb in (
        vae.reconstruct,
        vae.responsibilities,
        lambda x, **kwargs: vae.encode(x, **kwargs).mean(),
    ):
        np.testing.assert_allclose(verb(x, batch_size=batch_size), verb(x), atol=1e-6)


def test_verbs_see_the_weights_of_the_moment(x):
    vae = model()
    before = vae.reconstruct(x)
    vae.set_weights([weight * 0.5 for weight in vae.get_weights()])
    after = vae.reconstruct(x)
    assert np.abs(after - before).max() > 1e-2
    np.testing.assert_allclose(after, vae(x), atol=1e-6)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16", "mixed_float16"])
def test_verbs_in_other_precisions(policy, x):
    keras.config.set_dtype_policy(policy)
    vae = model(tfvae.priors.MixtureOfGaussians(3, "full"))
    expected = np.float64 if policy == "float64" else np.float32
    for value in (
        vae.sample(2, seed=0),
        vae.sample(2, seed=0, component=1),
        vae.reconstruct(x),
        vae.reconstruct(x, seed=0),
        vae.elbo(x),
        vae.responsibilities(x),
        vae.encode(x).mean().numpy(),
    ):
        assert value.dtype == expected
        assert np.isfinite(value).all()
    assert np.isfinite(vae.log_likelihood(x, 10)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda vae, x: vae.sample(0), "`n` must be a whole number of at least 1"),
        (lambda vae, x: vae.sample(2, temperature=-1.0), "`temperature` must be a number"),
        (lambda vae, x: vae.sample(2, seed=2**40), "seed must be an integer"),
        (lambda vae, x: vae.sample(2, component=3), "`component` must be from 0 to 2"),
        (lambda vae, x: vae.sample(2, component=-1), "`component` must be from 0 to 2"),
        (lambda vae, x: vae.sample(2, component=[0, 1, 2]), "a whole number, or 2 of them"),
        (lambda vae, x: vae.sample(2, component=0.5), "a whole number, or 2 of them"),
        (lambda vae, x: vae.elbo(x, num_samples=0), "`num_samples` must be a whole number"),
        (lambda vae, x: vae.elbo(x * 255), "divide by 255"),
        (lambda vae, x: vae.log_likelihood(x * np.nan), "not finite"),
        (lambda vae, x: vae.encode(x, batch_size=0), "`batch_size` must be a whole number"),
        (lambda vae, x: vae.encode(x[:, :1]), r"shape \(1, 3, 1\), but the model is over"),
        (lambda vae, x: vae.decode(np.zeros([2, 5])), r"of shape \(5,\)"),
    ],
)
def test_what_cannot_be_done_is_said(call, message, vae, x):
    with pytest.raises(ValueError, match=message):
        call(vae, x)


@pytest.mark.parametrize(
    "call",
    [
        lambda vae, x: vae.cluster(x),
        lambda vae, x: vae.responsibilities(x),
        lambda vae, x: vae.sample(2, component=0),
    ],
)
def test_without_components_there_are_no_clusters(call, plain, x):
    with pytest.raises(ValueError, match="needs a model with components, but the prior is Stan"):
        call(plain, x)
