"""Binarisation is a choice with a name, and means the same in training and in every score."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.array_data import ArrayData
from tfvae.checking import Arrays
from tfvae.pipeline import BINARIZATIONS, Images, batches_of


def values(images, epoch=0, seed=None):
    data = ArrayData(Arrays(images, {}, None, None), batch_size=4, pad=False, seed=seed)
    data.start_epoch(epoch * data.length)
    return np.concatenate([batch[0].numpy() for batch in data.dataset()])


def test_none_leaves_the_values_as_they_are(x):
    np.testing.assert_array_equal(values(Images(x)), x)


def test_fixed_draws_once_for_all(x):
    images = Images(x, "fixed", seed=777)
    expected = np.random.RandomState(777).binomial(1, x)
    for epoch in (0, 1):
        np.testing.assert_array_equal(values(images, epoch), expected)
    assert (images.x != Images(x, "fixed", seed=778).x).any()


def test_dynamic_draws_anew_each_time_that_an_example_is_used(x):
    images = Images(x, "dynamic", seed=5)
    first, second = values(images, 0), values(images, 1)
    assert set(np.unique([first, second])) == {0.0, 1.0}
    assert 0.2 < np.mean(first != second) < 0.5
    np.testing.assert_array_equal(values(images, 0), first)
    assert (values(Images(x, "dynamic", seed=6), 0) != first).any()
    # Two examples of one batch are not drawn alike either.
    alike = values(Images(np.full([4, 100], 0.5), "dynamic"))
    assert np.abs(np.corrcoef(alike) - np.eye(4)).max() < 0.5


def test_dynamic_draws_have_the_values_as_probabilities():
    images = Images(np.tile(np.linspace(0, 1, 11), (4000, 1)), "dynamic")
    data = ArrayData(Arrays(images, {}, None, None), batch_size=500)
    mean = np.concatenate([batch[0].numpy() for batch in data.dataset()]).mean(axis=0)
    np.testing.assert_allclose(mean, np.linspace(0, 1, 11), atol=5 * 0.5 / np.sqrt(4000))
    assert mean[0] == 0.0 and mean[-1] == 1.0


def test_verbs_see_the_draws_too(x):
    batches = np.concatenate(list(batches_of(Images(x, "dynamic"), (4, 4, 1), 4)))
    assert set(np.unique(batches)) == {0.0, 1.0}


def test_fixed_images_are_the_array_that_they_hold(trained, x, assert_same_weights):
    images = Images(x, "fixed", seed=3)
    expected = trained(images.x, validation_data=images.x)
    found = trained(images, validation_data=images)
    assert_same_weights(found, expected)
    assert found.history == expected.history


def test_training_on_dynamic_images_is_training_on_their_draws(trained, x, assert_same_weights):
    images = Images(x, "dynamic", seed=3)
    draws = np.stack([values(images, epoch) for epoch in (0, 1)])
    batches = tf.data.Dataset.from_tensor_slices(draws).flat_map(
        lambda epoch: tf.data.Dataset.from_tensor_slices(epoch).batch(4)
    )
    expected = trained(batches.repeat(), steps_per_epoch=3, epochs=2)
    assert_same_weights(trained(images, epochs=2), expected)


@pytest.fixture(scope="module")
def vae(make_vae):
    vae = make_vae()
    vae.compile("sgd")
    return vae


@pytest.mark.parametrize("binarization", BINARIZATIONS)
def test_evaluation_and_scores_of_images(binarization, vae, x):
    images = Images(x, binarization, seed=1)
    # Each batch of a verb is a use of its own, as each batch of an evaluation is.
    drawn = np.concatenate(list(batches_of(images, (4, 4, 1), 4)))
    np.testing.assert_array_equal(drawn, values(images))
    for verb in (vae.elbo, vae.log_likelihood, vae.anomaly_score, vae.reconstruct):
        np.testing.assert_allclose(verb(images, batch_size=4), verb(drawn, batch_size=4), rtol=1e-6)
    state = vae.evaluation_seed.state.numpy()
    found = vae.evaluate(images, batch_size=4, verbose=0, return_dict=True)
    vae.evaluation_seed.state.assign(state)
    assert found == vae.evaluate(drawn, batch_size=4, verbose=0, return_dict=True)


def test_validation_draws_are_the_same_in_each_epoch(make_vae, x):
    vae = make_vae(posterior=tfvae.families.DiagonalNormal(1))
    vae.compile(keras.optimizers.SGD(0.0))
    # With a posterior that hardly varies, what remains between epochs is the draws.
    scale_head = vae.latents.posterior.family.projections["scale"].dense
    scale_head.bias.assign([-20.0])
    images = Images(x, "dynamic")
    history = vae.fit(images, epochs=3, verbose=0, validation_data=images).history
    assert np.ptp(history["val_distortion"]) < 1e-3 < np.ptp(history["distortion"])


def test_a_users_images_are_split_as_they_are(trained, x):
    images = Images(x, "fixed", seed=3)
    split = trained(images, validation_split=0.2)
    given = trained(images.x[:8], validation_data=images.x[8:])
    assert split.history == given.history


@pytest.mark.parametrize("binarization", BINARIZATIONS)
def test_images_drawn_anew_may_have_something_beside_them(binarization, x):
    vae = tfvae.models.ConditionalVAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli((4, 4, 1)),
        num_classes=3,
    )
    # Three launches of steps, of which the last is not full, and the last batch neither.
    vae.compile("adam", steps_per_execution=2, jit_compile=True)
    given = {"x": Images(x, binarization), "condition": np.arange(len(x)) % 3}
    batch_size = -(-len(x) // 5) - 1
    history = vae.fit(given, batch_size=batch_size, epochs=2, verbose=0).history
    assert np.isfinite(history["elbo"]).all()
    assert int(vae.optimizer.iterations.numpy()) == 2 * -(-len(x) // batch_size)
