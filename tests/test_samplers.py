"""Samplers fitted after training: what they learn, what they change, and that they are kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats
from sklearn.mixture import GaussianMixture

import tfvae
from tfvae import families, models, priors, random
from tfvae.priors.prior import EncodedData

ELEMENTS, SIZE = 5, 2
LOC = np.array([[-4.0, 0.0], [3.0, 3.0]])


def two_clusters(count=3000):
    """Latents in two clusters, the second with correlated coordinates; `[N, 2]`."""
    generator = np.random.RandomState(0)
    second = generator.uniform(size=count) < 0.3
    noise = generator.normal(size=(count, SIZE))
    noise[second] = noise[second] @ [[1.0, 0.8], [0.0, 0.5]]
    return (LOC[second.astype(int)] + noise).astype("float32")


def encoded(z):
    return EncodedData(z, {"loc": z})


def fitted(sampler, z, **arguments):
    sampler.build((None, SIZE))
    history = sampler.fit(encoded(z), **arguments)
    return sampler, history


def drawn(sampler, count=20_000):
    noise = random.threefry_draw(sampler.noise(), *random.rows(3, count))
    return sampler.sample(noise).numpy()


def assert_same_moments(sample, expected, atol):
    np.testing.assert_allclose(sample.mean(0), expected.mean(0), atol=atol)
    np.testing.assert_allclose(np.cov(sample.T), np.cov(expected.T), atol=3 * atol)


def autoencoder(**arguments):
    keras.utils.set_random_seed(0)
    networks = tfvae.encoders.MLP((8,)), tfvae.decoders.MLP((8,))
    return models.AE(*networks, SIZE, families.Normal((ELEMENTS,), 0.5), **arguments)


def variational(posterior=None, **arguments):
    keras.utils.set_random_seed(0)
    return tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        families.DiagonalNormal(SIZE) if posterior is None else posterior,
        families.Normal((ELEMENTS,), 0.5),
        **arguments,
    )


def examples(count=400):
    return np.random.RandomState(1).normal(size=(count, ELEMENTS)).astype("float32")


def test_one_component_is_the_gaussian_of_the_latents():
    z = two_clusters()
    sampler, history = fitted(priors.MixtureOfGaussians(1, "full", start="mixture"), z)
    assert history == {}
    gaussian = stats.multivariate_normal(z.mean(0), np.cov(z.T, bias=True))
    np.testing.assert_allclose(sampler.log_prob(z[:50]), gaussian.logpdf(z[:50]), atol=1e-2)
    assert_same_moments(drawn(sampler), z, atol=0.1)


def test_a_mixture_is_that_of_scikit_learn():
    z = two_clusters()
    sampler, _ = fitted(priors.MixtureOfGaussians(2, "full", start="mixture", seed=0), z)
    best = GaussianMixture(2, n_init=4, random_state=0).fit(z)
    found = sampler.log_prob(z).numpy().mean()
    assert found == pytest.approx(best.score(z), abs=0.01)
    assert_same_moments(drawn(sampler), z, atol=0.1)


def test_what_has_no_closed_form_is_trained_by_gradients():
    z = two_clusters()
    sampler = priors.MixtureOfGaussians(2, "full", learned=("weights", "scale"), seed=0)
    sampler.build((None, SIZE))
    sampler.adapt(z)
    # The clusters of k-means are off from here.
    sampler.log_scale.assign(tf.zeros_like(sampler.log_scale) + 1.0)
    start, loc = float(-tf.reduce_mean(sampler.log_prob(z))), sampler.loc.numpy()
    sampler.adapt = lambda latents: None
    optimizer = keras.optimizers.Adam(0.1)
    history = sampler.fit(encoded(z), optimizer, epochs=12, batch_size=500, verbose=0)
    best = GaussianMixture(2, n_init=4, random_state=0).fit(z)
    assert history["loss"][0] < start
    assert history["loss"][-1] < history["loss"][0]
    assert sampler.log_prob(z).numpy().mean() == pytest.approx(best.score(z), abs=0.02)
    np.testing.assert_array_equal(sampler.loc, loc)


def test_the_aggregated_posterior_is_a_mixture_of_those_kept():
    parameters = {
        "loc": np.random.RandomState(0).normal(size=(9, SIZE)).astype("float32"),
        "scale": np.random.RandomState(1).uniform(0.1, 0.5, size=(9, SIZE)).astype("float32"),
    }
    sampler = priors.AggregatedPosterior(families.DiagonalNormal(SIZE), 6, seed=0)
    sampler.build((None, SIZE))
    sampler.fit(EncodedData(parameters["loc"], parameters))
    loc, scale = (sampler.values[name].numpy() for name in ("loc", "scale"))
    rows = [np.flatnonzero((parameters["loc"] == kept).all(1)).item() for kept in loc]
    assert len(set(rows)) == 6
    np.testing.assert_array_equal(scale, parameters["scale"][rows])
    z = np.random.RandomState(2).normal(size=(7, 3, SIZE)).astype("float32")
    each = stats.norm(loc, scale).logpdf(z[:, :, None].astype("float64")).sum(-1)
    expected = special.logsumexp(each, axis=-1) - np.log(6)
    np.testing.assert_allclose(sampler.log_prob(tf.constant(z)), expected, rtol=1e-4)
    np.testing.assert_allclose(sampler.distribution().log_prob(z), expected, rtol=1e-4)
    sample = drawn(sampler)
    np.testing.assert_allclose(sample.mean(0), loc.mean(0), atol=0.04)
    variance = (scale**2).mean(0) + loc.var(0)
    np.testing.assert_allclose(sample.var(0), variance, rtol=0.05)


def test_each_kept_posterior_is_drawn_as_often():
    sampler = priors.AggregatedPosterior(families.Deterministic(SIZE), 4)
    sampler.build((None, SIZE))
    codes = np.arange(8, dtype="float32").reshape(4, 2)
    sampler.fit(encoded(codes))
    values, counts = np.unique(drawn(sampler)[:, 0], return_counts=True)
    np.testing.assert_array_equal(values, [0, 2, 4, 6])
    np.testing.assert_allclose(counts, 5000, atol=400)
    edges = tf.constant([2.0**-24, 1.0 - 2.0**-24])
    first, last = sampler.sample({"kept": edges}).numpy()
    order = sampler.values["loc"].numpy()
    np.testing.assert_array_equal([first, last], [order[0], order[-1]])


def test_the_second_stage_draws_what_the_first_encodes():
    generator = np.random.RandomState(0)
    z = (generator.normal(size=(500, 2)) @ [[1.5, 0.6], [0.0, 0.4]] + [2.0, -1.0]).astype("float32")
    sampler, history = fitted(
        priors.TwoStage(models.ProbabilisticPCA(1, (SIZE,))),
        np.tile(z, (40, 1)),
        optimizer=keras.optimizers.Adam(0.05),
        epochs=4,
        batch_size=250,
        verbose=0,
    )
    assert history["loss"][-1] < history["loss"][0]
    assert not sampler.second.compiled
    # Two dimensions with one component: the smaller variance is the noise's, as it should be.
    assert_same_moments(drawn(sampler), z, atol=0.1)
    noise = random.threefry_draw(sampler.noise(), *random.rows(3, 6))
    cold = sampler.sample(noise, temperature=0.0)
    np.testing.assert_allclose(cold, np.tile(z.mean(0), (6, 1)), atol=0.2)


SAMPLERS = {
    "gaussian": lambda: priors.MixtureOfGaussians(1, "full", start="mixture"),
    "mixture": lambda: priors.MixtureOfGaussians(3, start="mixture"),
    "two stages": lambda: priors.TwoStage(models.FactorAnalysis(1, (SIZE,))),
    "standard normal": priors.StandardNormal,
}


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (autoencoder, "gaussian"),
        (autoencoder, "two stages"),
        (variational, "mixture"),
        (variational, "standard normal"),
    ],
)
def test_a_sampler_changes_samples_and_nothing_else(build, kind):
    vae, x = build(), examples()
    before = vae.sample(5, seed=0), vae.elbo(x[:5]), vae.reconstruct(x[:5])
    vae.fit_sampler(x, SAMPLERS[kind](), epochs=1)
    assert type(vae.prior) is priors.StandardNormal
    after = vae.sample(5, seed=0)
    if not isinstance(vae.sampler, priors.StandardNormal):
        assert np.abs(after - before[0]).max() > 1e-3
    np.testing.assert_array_equal(vae.elbo(x[:5]), before[1])
    np.testing.assert_array_equal(vae.reconstruct(x[:5]), before[2])
    noise = random.threefry_draw(vae.sampler.noise(), *random.rows(0, 5))
    expected = vae.decode(vae.sampler.sample(noise)).mean()
    np.testing.assert_allclose(after, expected, atol=1e-5)


def test_the_sampler_follows_the_aggregated_posterior_and_not_its_means():
    vae, x = variational(), examples(4000)
    vae.fit_sampler(x, priors.MixtureOfGaussians(1, "full", start="mixture"))
    q = vae.encode(x)
    covariance = np.cov(q.mean().numpy().T) + np.diag(np.mean(q.variance(), axis=0))
    found = vae.sampler.components().covariance()[0]
    np.testing.assert_allclose(found, covariance, rtol=0.15, atol=0.05)


def test_the_aggregated_posterior_of_a_model_needs_its_own_family():
    vae, x = variational(families.FullNormal(SIZE)), examples(50)
    wrong = priors.AggregatedPosterior(families.DiagonalNormal(SIZE), 10)
    with pytest.raises(ValueError, match="keeps posteriors of DiagonalNormal, with parameters"):
        vae.fit_sampler(x, wrong)
    assert vae.sampler is None
    vae.fit_sampler(x, priors.AggregatedPosterior(families.FullNormal(SIZE), 50))
    parameters = vae.infer_parameters(tf.constant(x))
    order = np.lexsort(parameters["loc"].numpy().T)
    kept = vae.sampler.values["loc"].numpy()
    np.testing.assert_allclose(kept[np.lexsort(kept.T)], parameters["loc"].numpy()[order])


@pytest.mark.parametrize(
    "make",
    [
        SAMPLERS["mixture"],
        SAMPLERS["two stages"],
        lambda: priors.AggregatedPosterior(families.Deterministic(SIZE), 20),
    ],
)
def test_a_sampler_is_kept_with_its_model(make, tmp_path):
    vae, x = autoencoder(), examples(64)
    vae.compile("adam")
    vae.fit(x, verbose=0)
    vae.fit_sampler(x, make(), epochs=1)
    expected = vae.sample(6, seed=1)
    vae.save(tmp_path / "vae.keras")
    vae.save_to_preset(tmp_path / "preset")
    loaded = tfvae.VAE.load(tmp_path / "vae.keras")
    for kept in (loaded, tfvae.VAE.from_preset(tmp_path / "preset")):
        np.testing.assert_array_equal(kept.sample(6, seed=1), expected)


def test_a_fitted_sampler_is_exported(tmp_path):
    vae, x = autoencoder(), examples(64)
    vae.fit_sampler(x, SAMPLERS["mixture"]())
    report = tfvae.export.saved_model(vae, tmp_path / "saved", x=x)
    artefact = tfvae.export.open_artefact(report.path)
    seed, index = random.rows(1, 6)
    found = artefact.run("sample", seed=seed, index=index)["mean"]
    np.testing.assert_allclose(found, vae.sample(6, seed=1), atol=1e-5)
    found = artefact.run("sample_component", seed=seed, index=index, component=6 * [2])["mean"]
    np.testing.assert_allclose(found, vae.sample(6, seed=1, component=2), atol=1e-5)
    assert "cluster" not in artefact.endpoints


def test_training_goes_on_with_a_sampler_that_stays_as_it_is():
    vae, x = variational(), examples(64)
    vae.compile("adam")
    vae.fit(x, verbose=0)
    vae.fit_sampler(x, priors.MixtureOfGaussians(2, start="mixture"))
    before = vae.sampler.get_weights()
    assert vae.sampler.trainable_weights == []
    history = vae.fit(x, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for one, other in zip(before, vae.sampler.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_sampler_can_be_fitted_again_and_replaced():
    vae, x = autoencoder(), examples()
    vae.fit_sampler(x, priors.MixtureOfGaussians(2, seed=0, start="mixture"))
    first = vae.sample(3, seed=0)
    vae.fit_sampler(3 * x, vae.sampler)
    assert np.abs(vae.sample(3, seed=0) - first).max() > 1e-3
    count = len(vae.weights)
    vae.fit_sampler(x, priors.MixtureOfGaussians(3, seed=0, start="mixture"))
    assert (len(vae.weights), vae.num_sample_components) == (count, 3)
    assert vae.get_config()["sampler"]["config"]["num_components"] == 3
    assert vae.sample(2, seed=0, component=2).shape == (2, ELEMENTS)
    with pytest.raises(ValueError, match="`component` must be from 0 to 2"):
        vae.sample(2, component=3)
    vae.fit_sampler(x, priors.StandardNormal())
    with pytest.raises(ValueError, match="components, but the sampler is StandardNormal"):
        vae.sample(2, component=0)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: autoencoder(sampler="normal"), "`sampler` must be a prior such as"),
        (lambda: autoencoder().fit_sampler(examples(), None), "`sampler` must be a prior of its"),
        (lambda: autoencoder().fit_sampler(examples(), 3), "`sampler` must be a prior such as"),
        (lambda: priors.TwoStage(3), "`second` must be a `tfvae.VAE` with a"),
        (
            lambda: priors.TwoStage(models.ProbabilisticPCA(1, (2,))).log_prob(tf.zeros([1, 2])),
            "has no density in closed form",
        ),
        (
            lambda: autoencoder(sampler=priors.TwoStage(models.ProbabilisticPCA(1, (3,)))),
            r"events of shape \(3,\), but the latents have shape \(2,\)",
        ),
        (lambda: priors.AggregatedPosterior(3), "`family` must be that of the model's posterior"),
        (
            lambda: priors.AggregatedPosterior(families.Deterministic(2), 0),
            "`num_kept` must be a whole number",
        ),
        (
            lambda: autoencoder(sampler=priors.AggregatedPosterior(families.Deterministic(3))),
            r"latents of shape \(3,\), but the model's have shape \(2,\)",
        ),
        (
            lambda: autoencoder().fit_sampler(
                examples(5), priors.AggregatedPosterior(families.Deterministic(2), 6)
            ),
            "6 posteriors cannot be kept of 5 examples",
        ),
    ],
)
def test_what_cannot_be_a_sampler_is_refused(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_the_models_own_prior_is_no_sampler():
    vae = variational()
    with pytest.raises(ValueError, match="`sampler` must be a prior of its own"):
        vae.fit_sampler(examples(), vae.prior)
