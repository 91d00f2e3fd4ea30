"""Conditions: where they join, what is asked of them, and that nothing else reads them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.conformance.conftest import noise_for
from tfvae import decoders, encoders, families, latents, models, priors
from tfvae.latents.joining import join, joined_shape

COUNT, PIXELS, CLASSES = 6, 5, 3


def examples():
    return np.random.RandomState(0).randint(0, 2, (COUNT, PIXELS)).astype("float32")


def by_class(**arguments):
    return models.ConditionalVAE(
        encoders.MLP((6,)),
        decoders.MLP((6,)),
        families.DiagonalNormal(2),
        families.Bernoulli((PIXELS,)),
        num_classes=CLASSES,
        **arguments,
    )


def test_a_class_is_a_constant_input_of_encoder_and_decoder():
    vae, x = by_class(), examples()
    classes = np.array([0, 1, 2, 2, 1, 0], "int32")
    noise = noise_for(vae, COUNT)
    given = {"x": tf.constant(x), "condition": tf.constant(classes)}
    trace = vae.trace(given, None, noise)
    code = np.eye(CLASSES, dtype="float32")[classes]
    q = vae.latents.latents(tf.concat([vae.encoder(x), code], axis=1))
    z = q["loc"] + q["scale"] * noise["z"][0]
    logits = vae.likelihood(vae.decoder(tf.concat([z, code], axis=1)))
    np.testing.assert_allclose(trace.inference.z[0, 0], z, rtol=1e-6)
    expected = vae.likelihood.log_prob(logits, x)
    np.testing.assert_allclose(trace.log_likelihood[0, 0], expected, rtol=1e-5)


def test_samples_differ_by_their_condition_alone():
    vae = by_class()
    one = vae.sample(4, seed=1, condition=2)
    np.testing.assert_array_equal(one, vae.sample(4, seed=1, condition=[2, 2, 2, 2]))
    mixed = vae.sample(4, seed=1, condition=[2, 0, 2, 1])
    np.testing.assert_allclose(mixed[[0, 2]], one[[0, 2]], rtol=1e-6)
    assert np.abs(mixed[[1, 3]] - one[[1, 3]]).min() > 0.0


def test_several_samples_of_z_meet_the_condition_of_their_example():
    vae, x = by_class(), examples()
    given = {"x": x, "condition": np.arange(COUNT) % CLASSES}
    rows = [
        vae.elbo({name: value[i : i + 1] for name, value in given.items()}, 4000)
        for i in range(COUNT)
    ]
    np.testing.assert_allclose(vae.elbo(given, 4000), np.concatenate(rows), atol=0.1)


@pytest.mark.parametrize(
    ("shape", "other", "expected"),
    [
        ((4,), (3,), (7,)),
        ((4,), (2, 3, 1), (10,)),
        ((8, 6, 2), (3,), (8, 6, 5)),
        ((8, 6, 2), (8, 6, 4), (8, 6, 6)),
    ],
)
def test_what_joins_is_appended_as_channels(shape, other, expected):
    joined = join(tf.ones([2, *shape]), 2.0 * tf.ones([2, *other]))
    assert tuple(joined.shape) == (2, *expected) == (2, *joined_shape(shape, other))
    np.testing.assert_array_equal(joined[..., : shape[-1]], 1.0)
    np.testing.assert_array_equal(joined[..., shape[-1] :], 2.0)


def test_a_map_of_another_size_cannot_join():
    with pytest.raises(ValueError, match="cannot join a map"):
        joined_shape((8, 6, 2), (4, 3, 1))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (examples(), "needs `condition` too"),
        ({"x": examples()}, "needs `condition` too"),
        ({"condition": [0] * COUNT}, "need an entry 'x'"),
        ({"x": examples(), "condition": [0] * 3}, "but `condition` has 3"),
        ({"x": examples(), "condition": [3] * COUNT}, "holds classes, below 3"),
        ({"x": examples(), "condition": [-1] * COUNT}, "holds classes, below 3"),
        ({"x": examples(), "condition": [0.5] * COUNT}, "whole numbers"),
        ({"x": examples(), "condition": [0] * COUNT, "label": [0] * COUNT}, "reads no 'label'"),
    ],
)
def test_conditions_that_cannot_be(x, message):
    vae = by_class()
    vae.compile("adam")
    before = vae.get_weights()
    for verb in (lambda: vae.fit(x, verbose=0), lambda: vae.encode(x), lambda: vae.elbo(x)):
        with pytest.raises(ValueError, match=message):
            verb()
    for one, other in zip(vae.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_generation_needs_the_condition():
    vae = by_class()
    for verb in (lambda: vae.sample(2), lambda: vae.decode(np.zeros([2, 2]))):
        with pytest.raises(ValueError, match="give condition="):
            verb()
    with pytest.raises(ValueError, match="There are 2 rows, but `condition` has 3"):
        vae.sample(2, condition=[0, 1, 2])
    with pytest.raises(ValueError, match="needs a condition"):
        vae(examples())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "exactly one of the two"),
        ({"num_classes": 3, "condition_shape": (2,)}, "exactly one of the two"),
        ({"num_classes": 0}, "`num_classes` must be"),
        ({"condition_shape": (0,)}, "`condition_shape` must be"),
    ],
)
def test_arguments_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        latents.Conditional(families.DiagonalNormal(2), **arguments)


def test_what_the_likelihood_is_of_must_be_given_where_it_is_not_x():
    vae = models.VIB(
        encoders.MLP((8,)),
        decoders.MLP(()),
        families.DiagonalNormal(2),
        input_shape=(PIXELS,),
        num_classes=2,
    )
    vae.compile(keras.optimizers.Adam(0.05))
    x = np.repeat(np.eye(2), 20, axis=0)[:, [0, 0, 0, 1, 1]]
    y = np.repeat([0, 1], 20)
    with pytest.raises(ValueError, match="give the events as `y`"):
        vae.fit(x, verbose=0)
    with pytest.raises(ValueError, match="give the events as `y`"):
        vae.elbo(x)
    vae.fit(x, y, epochs=30, verbose=0)
    np.testing.assert_array_equal(vae.predict(x, verbose=0)[:, 0].argmax(-1), y)
    found = tfvae.evaluate.evidence(vae, x, num_samples=9, y=y[:, None])
    assert found["elbo"] <= found["log_likelihood"] + 1e-3
    pairs = tf.data.Dataset.from_tensor_slices((x, y[:, None])).batch(8)
    np.testing.assert_allclose(vae.elbo(pairs), vae.elbo(x, y=y[:, None]), atol=0.5)


def test_a_prior_of_pseudo_inputs_has_no_condition_to_read():
    with pytest.raises(ValueError, match="cannot be the prior of latents"):
        by_class(prior=priors.VampPrior(3))
