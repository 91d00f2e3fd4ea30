"""The information that components of two views share, against scikit-learn's of a contingency."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from sklearn.metrics import mutual_info_score

import tfvae
from tests.objectives.traces import BATCH, gaussian_trace
from tfvae.objectives import ELBO, InvariantInformation, Labelled, Warmup
from tfvae.objectives.invariant import shared_information

IMAGE = (8, 8, 1)
FIRST = np.random.RandomState(0).dirichlet([0.3] * 3, BATCH).astype("float32")
SECOND = np.random.RandomState(1).dirichlet([0.3] * 3, BATCH).astype("float32")


def joint():
    """The symmetric joint distribution of two views' components, by a loop over examples."""
    found = sum(np.outer(a, b) for a, b in zip(FIRST, SECOND, strict=True)) / BATCH
    return 0.5 * (found + found.T)


def information(pairs):
    """The mutual information of a joint distribution, by scikit-learn, which takes counts."""
    return mutual_info_score(None, None, contingency=np.rint(1e9 * pairs).astype(int))


def model(encoder=None, weight=5.0, change=None, **arguments):
    return tfvae.VAE(
        tfvae.encoders.MLP((16,)) if encoder is None else encoder,
        tfvae.decoders.MLP((16,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli(IMAGE),
        tfvae.priors.MixtureOfGaussians(2, "full", seed=0),
        objective=InvariantInformation(weight, change=change),
        **arguments,
    )


def motion():
    return tfvae.encoders.RandomAffine(shift=1.0, seed=0)


def moved_encoder():
    return keras.Sequential([keras.Input(IMAGE), motion(), tfvae.encoders.MLP((16,))])


def blots(count=256):
    """Round blots and oblong ones, somewhere in the image."""
    random = np.random.RandomState(0)
    x = np.zeros([count, *IMAGE], np.float32)
    for i, place in enumerate(random.randint(2, 6, [count, 2])):
        x[i, place[0], place[1]] = 1.0
        x[i, ..., 0] = ndimage.gaussian_filter(x[i, ..., 0], (2.0, 0.5) if i % 2 else (0.5, 2.0))
    return (x / x.max(axis=(1, 2, 3), keepdims=True)).round()


def test_the_information_is_that_of_the_joint_distribution():
    average = np.mean(FIRST[:, :, None] * SECOND[:, None], axis=0)
    found = shared_information(tf.constant(average, tf.float32))
    expected = information(joint())
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (np.eye(4) / 4, np.log(4.0)),
        (np.outer([0.1, 0.2, 0.7], [0.1, 0.2, 0.7]), 0.0),
        (np.diag([0.5, 0.5, 0.0]), np.log(2.0)),
        (np.diag([1.0, 0.0]), 0.0),
    ],
)
def test_it_is_log_k_where_views_agree_and_0_where_they_are_independent(pairs, expected):
    pairs = tf.constant(pairs, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pairs)
        found = shared_information(pairs)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.isfinite(tape.gradient(found, pairs)).all()


@pytest.mark.parametrize(("weight", "now"), [(3.0, 3.0), (Warmup(4, final=2.0), 1.0)])
def test_it_is_taken_from_the_loss_of_every_example(weight, now):
    trace = gaussian_trace(step=1, views=lambda change: (tf.constant(FIRST), tf.constant(SECOND)))
    inner = ELBO(0.5)
    loss = InvariantInformation(weight, inner).loss(trace)
    expected = now * information(joint())
    np.testing.assert_allclose(inner.loss(trace) - loss, np.full(BATCH, expected), rtol=1e-4)


def test_examples_count_by_their_weights():
    weights = tf.constant([2.0, 2.0, 0.0, 0.0]) / BATCH
    trace = gaussian_trace(
        views=lambda change: (tf.constant(FIRST), tf.constant(SECOND)),
        average=lambda values: tf.tensordot(weights, values, axes=1),
    )
    loss = InvariantInformation(1.0).loss(trace)
    average = np.mean(FIRST[:2, :, None] * SECOND[:2, None], axis=0)
    expected = information(0.5 * (average + average.T))
    np.testing.assert_allclose(ELBO().loss(trace) - loss, expected, rtol=1e-4)


def test_the_second_view_is_of_another_motion_in_training_alone():
    vae, x = model(moved_encoder()), blots(16)
    noise = {"z": tf.zeros([1, 16, 2])}
    first, second = vae.trace(x, None, noise, training=True).views()
    assert np.abs(first - second).max() > 1e-3
    first, second = vae.trace(x, None, noise).views()
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, vae.responsibilities(x), atol=1e-6)


def test_change_is_of_both_views_in_training_and_not_of_the_bound():
    vae, x = model(change=motion()), blots(16)
    noise = {"z": tf.zeros([1, 16, 2])}
    trace = vae.trace(x, None, noise, training=True)
    first, second = trace.views(vae.objective.change)
    here = vae.responsibilities(x)
    for one, other in ((first, second), (first, here), (second, here)):
        assert np.abs(one - other).max() > 1e-3
    np.testing.assert_array_equal(trace.rate, vae.trace(x, None, noise).rate)
    for view in vae.trace(x, None, noise).views(vae.objective.change):
        np.testing.assert_allclose(view, here, atol=1e-6)


def test_change_reads_what_the_encoder_reads():
    vae, x = model(change=motion()), blots(16)
    flat = {"x": x[..., 0]}
    noise = {"z": tf.zeros([1, 16, 2])}
    first, second = vae.trace(flat, None, noise, training=True).views(vae.objective.change)
    assert first.shape == second.shape == (16, 2)


def test_the_loss_asks_for_views_that_the_change_made():
    asked, layer = [], motion()
    views = (tf.constant(FIRST), tf.constant(SECOND))
    trace = gaussian_trace(views=lambda change: asked.append(change) or views)
    InvariantInformation(change=layer).loss(trace)
    assert asked == [layer]


@pytest.mark.parametrize("in_encoder", [True, False])
def test_the_gradient_passes_both_views(in_encoder):
    vae, x = model(moved_encoder()) if in_encoder else model(change=motion()), blots(16)
    with tf.GradientTape() as tape:
        trace = vae.trace(x, None, {"z": tf.zeros([1, 16, 2])}, training=True)
        first, second = trace.views(vae.objective.change)
        values = tf.stack([tf.reduce_sum(view[:, 0]) for view in (first, second)])
    gradients = tape.jacobian(values, vae.prior.loc)
    assert (np.abs(gradients).max(axis=(1, 2)) > 0.0).all()


@pytest.mark.parametrize("in_encoder", [True, False])
def test_training_brings_forth_components_that_motion_changes_less(in_encoder):
    keras.utils.set_random_seed(0)
    moved = {"encoder": moved_encoder()} if in_encoder else {"change": motion()}
    vae, x = model(weight=50.0, **moved), blots()
    vae.adapt(x)

    def shared():
        trace = vae.trace(x, None, {"z": tf.zeros([1, len(x), 2])}, training=True)
        first, second = trace.views(vae.objective.change)
        return shared_information(trace.average(first[:, :, None] * second[:, None, :]))

    before = shared()
    vae.compile(keras.optimizers.Adam(1e-2))
    vae.fit(x, batch_size=64, epochs=20, verbose=0)
    assert shared() > before + 0.2


def test_it_is_kept_in_configs_and_settles():
    objective = InvariantInformation(Warmup(9, final=4.0), Labelled(2.0, ELBO(Warmup(5))))
    config = keras.saving.serialize_keras_object(objective)
    again = keras.saving.deserialize_keras_object(config).settled()
    assert (again.weight, again.objective.weight, again.objective.objective.beta) == (4.0, 2.0, 1.0)


def test_without_components_it_says_what_to_take():
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli(IMAGE),
        objective=InvariantInformation(),
    )
    vae.compile("adam")
    with pytest.raises(ValueError, match="MixtureOfGaussians"):
        vae.fit(blots(8), verbose=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InvariantInformation(-1.0), "`weight` must be a number of at least 0"),
        (lambda: InvariantInformation(np.inf), "`weight` must be a number"),
        (lambda: InvariantInformation(1.0, "elbo"), "`objective` must be an objective"),
        (lambda: InvariantInformation(change="shift"), "`change` must be a Keras layer"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
