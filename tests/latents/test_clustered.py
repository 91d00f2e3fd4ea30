"""Classes beside z: every sum against one made by hand, class by class."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import log_softmax, logsumexp
from sklearn.datasets import load_digits

import tfvae
from tests.conformance.conftest import noise_for
from tfvae import decoders, encoders, families, latents, models, objectives, priors

CLASSES, SIZE, PIXELS, COUNT = 3, 2, 5, 4


@pytest.fixture(autouse=True)
def _double():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


def model(prior=None, samples=1, size=SIZE, objective=None):
    vae = tfvae.VAE(
        encoders.MLP((6,), "tanh"),
        decoders.MLP((6,), "tanh"),
        likelihood=families.Bernoulli((PIXELS,)),
        latents=latents.Clustered(
            families.DiagonalNormal(size),
            prior,
            None if prior is not None else CLASSES,
            network=keras.layers.Dense(4, activation="tanh"),
        ),
        objective=objective or objectives.ELBO(num_samples=samples),
    )
    generator = np.random.RandomState(0)
    for weight in vae.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * generator.normal(size=weight.shape))
    return vae


def mixture(covariance="diagonal"):
    return priors.MixtureOfGaussians(CLASSES, covariance, spread=1.0)


def examples():
    return np.random.RandomState(1).randint(0, 2, (COUNT, PIXELS)).astype("float64")


def by_hand(vae, x, noise):
    """log q(y|x) `[K, B]`, and for each class and sample log p(x, y, z) - log q(z|x,y)."""
    features = vae.encoder(x)
    log_q = log_softmax(vae.latents.classifier(features).numpy(), axis=1).T
    ratios = np.zeros([CLASSES, len(noise), COUNT])
    for k in range(CLASSES):
        code = np.tile(np.eye(CLASSES)[k], (COUNT, 1))
        hidden = vae.latents.network(tf.concat([features, code], axis=1))
        q = vae.latents.posterior(hidden)
        loc, scale = q["loc"].numpy(), q["scale"].numpy()
        for s, draw in enumerate(noise):
            z = loc + scale * draw
            if isinstance(vae.prior, priors.MixtureOfGaussians):
                component = vae.prior.components()
                cov = component.covariance().numpy()[k]
                log_p = stats.multivariate_normal(component.mean().numpy()[k], cov).logpdf(z)
                log_p_y, read = log_softmax(vae.prior.logits.numpy())[k], z
            else:
                log_p = stats.norm.logpdf(z).sum(1)
                log_p_y, read = -np.log(CLASSES), np.concatenate([z, code], axis=1)
            p = vae.likelihood.mean(vae.likelihood(vae.decoder(read))).numpy()
            log_x = stats.bernoulli.logpmf(x.astype(int), p).sum(1)
            log_q_z = stats.norm.logpdf(z, loc, scale).sum(1)
            ratios[k, s] = log_x + log_p_y + log_p - log_q_z
    return log_q, ratios


KINDS = {"GMVAE": mixture, "full": lambda: mixture("full"), "M2": lambda: None}
every_kind = pytest.mark.parametrize("prior", KINDS.values(), ids=KINDS)


@every_kind
def test_the_sum_over_classes_is_that_made_one_by_one(prior):
    vae, x = model(prior(), samples=2), examples()
    noise = noise_for(vae, COUNT)
    trace = vae.trace(tf.constant(x), None, noise)
    log_q, ratios = by_hand(vae, x, noise["z"].numpy())
    sampled = np.sum(np.exp(log_q) * (ratios.mean(1) - log_q), axis=0)
    np.testing.assert_allclose(trace.expectation(trace.log_ratio), sampled, rtol=1e-9)
    bound = objectives.importance.importance_bound(trace)
    np.testing.assert_allclose(bound, logsumexp(ratios, axis=(0, 1)) - np.log(2), rtol=1e-9)


@every_kind
def test_rates_in_closed_form_are_those_of_many_samples(prior):
    vae, x = model(prior()), tf.constant(examples())
    trace = vae.trace(x, None, noise_for(vae, COUNT, 40_000))
    assert len(trace.group_rates) == 2
    sampled = trace._sampled_group_rates
    np.testing.assert_allclose(trace.group_rates[0], sampled[0], rtol=1e-9)
    np.testing.assert_allclose(trace.group_rates[1], sampled[1], rtol=0.03)


@every_kind
def test_a_labelled_example_has_the_bound_of_its_class(prior):
    vae, x = model(prior()), examples()
    noise = noise_for(vae, COUNT)
    label = np.array([2, -1, 0, -1], "int32")
    trace = vae.trace({"x": tf.constant(x), "label": tf.constant(label)}, None, noise)
    log_q, ratios = by_hand(vae, x, noise["z"].numpy())
    summed = np.sum(np.exp(log_q) * (ratios[:, 0] - log_q), axis=0)
    observed = ratios[np.maximum(label, 0), 0, np.arange(COUNT)]
    expected = np.where(label < 0, summed, observed)
    np.testing.assert_allclose(trace.expectation(trace.log_ratio), expected, rtol=1e-9)
    log_q_label = np.where(label < 0, 0.0, log_q[np.maximum(label, 0), np.arange(COUNT)])
    np.testing.assert_allclose(trace.inference.log_q_label, log_q_label, rtol=1e-9)
    loss = objectives.Labelled(3.0).loss(trace)
    np.testing.assert_allclose(loss, -trace.elbo - 3.0 * log_q_label, rtol=1e-9)


@every_kind
def test_of_labelled_examples_the_bound_says_nothing_about_the_classifier(prior):
    vae, x = model(prior()), tf.constant(examples())
    classifier = [weight.value for weight in vae.latents.classifier.trainable_weights]
    for label, silent in (([0, 1, 2, 0], True), ([-1] * COUNT, False)):
        with tf.GradientTape() as tape:
            given = {"x": x, "label": tf.constant(label)}
            elbo = vae.trace(given, None, noise_for(vae, COUNT)).elbo
        gradients = tape.gradient(elbo, classifier, unconnected_gradients="zero")
        assert all(np.all(gradient.numpy() == 0.0) for gradient in gradients) == silent


@every_kind
def test_the_likelihood_is_the_integral(prior):
    vae, x = model(prior(), size=1), examples()
    # Wide proposals, whose weights have a small variance.
    vae.latents.posterior.family.projections["scale"].dense.bias.assign_add([2.0])
    z = np.linspace(-12.0, 12.0, 4001)[:, None]
    log_joint = []
    for k in range(CLASSES):
        if isinstance(vae.prior, priors.MixtureOfGaussians):
            log_p, read = vae.prior.component_log_prob(tf.constant(z)).numpy()[:, k], z
        else:
            log_p = stats.norm.logpdf(z[:, 0]) - np.log(CLASSES)
            read = np.concatenate([z, np.tile(np.eye(CLASSES)[k], (len(z), 1))], axis=1)
        p = vae.likelihood.mean(vae.decode_parameters(tf.constant(read))).numpy()
        log_x = stats.bernoulli.logpmf(x[:, None].astype(int), p).sum(-1)
        log_joint.append(log_x + log_p)
    exact = logsumexp(np.stack(log_joint), axis=(0, 2)) + np.log(z[1, 0] - z[0, 0])
    np.testing.assert_allclose(vae.log_likelihood(x, 20_000), exact, atol=0.02)
    assert np.all(vae.elbo(x, 2000) < exact)


@every_kind
def test_a_draw_has_the_class_that_was_asked_for(prior):
    vae = model(prior())
    z = vae.latents.generate(
        {"z": tf.zeros([4, SIZE], "float64"), "component": tf.constant([0.01, 0.4, 0.7, 0.99])},
        tf.constant([2, 0, 1, 1]),
    )
    if isinstance(vae.prior, priors.MixtureOfGaussians):
        np.testing.assert_allclose(z, vae.prior.loc.numpy()[[2, 0, 1, 1]])
    else:
        np.testing.assert_allclose(z[:, SIZE:], np.eye(CLASSES)[[2, 0, 1, 1]])


@every_kind
def test_what_encode_returns_is_the_mixture_over_classes(prior):
    vae, x = model(prior()), examples()
    q = vae.encode(x)
    z = q.sample(4000, seed=3)
    np.testing.assert_allclose(np.mean(z, axis=0), q.mean(), atol=0.08)
    trace = vae.trace(tf.constant(x), None, noise_for(vae, COUNT))
    # log q(y|x) + log q(z|x,y) at what was drawn for the first class.
    of_class = trace.inference.log_w[0, 0] + trace.inference.log_q[1][0, 0]
    if isinstance(vae.prior, priors.MixtureOfGaussians):
        assert np.all(q.log_prob(trace.inference.z[0, 0]) > of_class)
    else:
        np.testing.assert_allclose(q.log_prob(trace.inference.z[0, 0]), of_class, rtol=1e-9)


def test_labels_are_the_y_of_fit_and_may_be_missing():
    vae = models.M2(
        encoders.MLP((8,)),
        decoders.MLP((8,)),
        families.DiagonalNormal(2),
        families.Bernoulli((PIXELS,)),
        num_classes=2,
        weight=20.0,
    )
    x = np.repeat(np.eye(2), 20, axis=0)[:, [0, 0, 0, 1, 1]]
    y = np.repeat([0, 1], 20)
    y[5:15] = y[25:35] = -1
    vae.compile(keras.optimizers.Adam(0.02))
    history = vae.fit(x, y, epochs=30, verbose=0, validation_data=(x, y)).history
    assert history["val_loss"][-1] < history["val_loss"][0]
    np.testing.assert_array_equal(vae.predict_labels(x), np.repeat([0, 1], 20))
    as_dict = vae.evaluate({"x": x, "label": y}, verbose=0, return_dict=True)
    as_pair = tf.data.Dataset.from_tensor_slices((x, y)).batch(40)
    assert vae.evaluate(as_pair, verbose=0, return_dict=True)["loss"] == pytest.approx(
        as_dict["loss"], rel=0.2
    )
    vae.fit(x, verbose=0)
    given = vae.responsibilities({"x": x, "label": y})
    np.testing.assert_allclose(given[0], [1.0, 0.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda q: latents.Clustered(q), "`num_classes` is missing"),
        (lambda q: latents.Clustered(q, num_classes=1), "at least 2"),
        (lambda q: latents.Clustered(q, num_classes=0), "whole number of at least 1"),
        (lambda q: latents.Clustered(q, mixture(), 4), "the mixture has 3 components"),
        (lambda q: latents.Clustered(3, num_classes=2), "`posterior` must be"),
        (lambda q: latents.Clustered(q, "normal", 2), "`prior` must be"),
        (lambda q: objectives.Labelled(-1.0), "`weight` must be"),
        (lambda q: objectives.Labelled(1.0, "elbo"), "`objective` must be"),
    ],
)
def test_arguments_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make(families.DiagonalNormal(2))


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([0, 1, 2, 3], "from 0 to 2, or -1"),
        ([0, -2, 1, 1], "from 0 to 2, or -1"),
        ([0.5, 0.0, 1.0, 1.0], "whole numbers"),
        ([0, 1], "`x` has 4 examples, but `label` has 2"),
        ([[0, 1]] * 4, "must have shape"),
    ],
)
def test_labels_that_cannot_be(label, message):
    vae = model()
    vae.compile("adam")
    before = vae.get_weights()
    with pytest.raises(ValueError, match=message):
        vae.fit(examples(), np.array(label), verbose=0)
    with pytest.raises(ValueError, match=message):
        vae.fit({"x": examples(), "label": np.array(label)}, verbose=0)
    for one, other in zip(vae.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_labels_are_for_models_that_learn_them():
    vae = tfvae.VAE(
        encoders.MLP((4,)),
        decoders.MLP((4,)),
        families.DiagonalNormal(2),
        families.Bernoulli((PIXELS,)),
    )
    with pytest.raises(ValueError, match="reads no .label.: beside x it reads none"):
        vae.encode({"x": examples(), "label": [0] * COUNT})
    with pytest.raises(ValueError, match="learns from labels"):
        vae.predict_labels(examples())


def vade(samples=1):
    vae = tfvae.VAE(
        encoders.MLP((6,), "tanh"),
        decoders.MLP((6,), "tanh"),
        likelihood=families.Bernoulli((PIXELS,)),
        latents=latents.Responsible(families.DiagonalNormal(SIZE), mixture()),
        objective=objectives.ELBO(num_samples=samples),
    )
    vae.prior.logits.assign([0.5, -0.5, 0.1])
    return vae


def test_the_class_of_vade_is_the_responsibility_at_the_sample():
    vae, x = vade(), examples()
    noise = noise_for(vae, COUNT)
    trace = vae.trace(tf.constant(x), None, noise)
    q = vae.infer_parameters(tf.constant(x))
    loc, scale = q["loc"].numpy(), q["scale"].numpy()
    z = loc + scale * noise["z"][0].numpy()
    components = vae.prior.components()
    means, scales = components.mean().numpy(), components.stddev().numpy()
    log_joint = stats.norm.logpdf(z[:, None], means, scales).sum(-1)
    log_joint = log_joint + log_softmax(vae.prior.logits.numpy())
    log_shares = log_softmax(log_joint, axis=1)
    # Equations 12 and 16 of the paper, the divergences from each component by hand.
    ratio, shift = scale[:, None] / scales, (loc[:, None] - means) / scales
    kl = (0.5 * (ratio**2 + shift**2 - 1.0) - np.log(ratio)).sum(-1)
    rate = np.exp(log_shares) * (kl + log_shares - log_softmax(vae.prior.logits.numpy()))
    np.testing.assert_allclose(trace.rate, rate.sum(1), rtol=1e-9)


def test_the_bound_of_vade_is_below_that_of_the_mixture_itself():
    vae, x = vade(), examples()
    flat = tfvae.VAE(
        vae.encoder,
        vae.decoder,
        vae.latents.posterior,
        vae.likelihood,
        vae.prior,
    )
    assert np.all(vae.elbo(x, 5000) < flat.elbo(x, 5000))


def test_pretraining_is_for_encoder_and_decoder_and_needs_no_labels():
    generator = np.random.RandomState(0)
    centres = np.repeat(np.eye(3), 40, axis=0).repeat(4, axis=1)
    x = np.clip(centres + generator.normal(0, 0.1, centres.shape), 0, 1)
    vae = models.VaDE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.DiagonalNormal(2),
        families.Normal((12,), 0.3),
        num_classes=3,
    )
    before = vae.latents.posterior.family.projections["scale"].dense.kernel.numpy()
    worse = tfvae.evaluate.reconstruction_error(x, vae.reconstruct(x))
    vae.adapt(x, epochs=100, batch_size=32)
    assert tfvae.evaluate.reconstruction_error(x, vae.reconstruct(x)) < 0.5 * worse
    scale = vae.latents.posterior.family.projections["scale"].dense.kernel.numpy()
    np.testing.assert_array_equal(scale, before)
    assert tfvae.evaluate.clustering_accuracy(np.repeat([0, 1, 2], 40), vae.cluster(x)) > 0.95


def test_pretraining_where_it_has_no_meaning():
    with pytest.raises(ValueError, match="autoencoder at the posterior's point"):
        model().adapt(examples(), epochs=1)
    with pytest.raises(ValueError, match="must be a `tfvae.priors.MixtureOfGaussians`"):
        latents.Responsible(families.DiagonalNormal(2), priors.StandardNormal())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_without_labels_a_class_beside_z_does_not_cluster_and_one_above_it_does(seed):
    # Shu 2016: M2's decoder has z for all that there is to say, and leaves y alone.
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    digits = load_digits()
    x = (digits.images[..., None] > 6.0).astype("float32")
    found = {}
    for model in (models.GMVAE, models.M2):
        keras.utils.set_random_seed(seed)
        vae = model(
            encoders.MLP((128,)),
            decoders.MLP((128,)),
            families.DiagonalNormal(8),
            families.Bernoulli((8, 8, 1)),
            network=keras.layers.Dense(64, activation="relu"),
        )
        vae.compile(keras.optimizers.Adam(2e-3))
        vae.fit(x, batch_size=128, epochs=60, verbose=0)
        certainty = vae.responsibilities(x).max(axis=1).mean()
        agreement = tfvae.evaluate.normalised_mutual_information(digits.target, vae.cluster(x))
        found[model.__name__] = (certainty, agreement)
    assert found["GMVAE"][0] > 0.55 > 0.4 > found["M2"][0]
    assert found["GMVAE"][1] > found["M2"][1] + 0.1
