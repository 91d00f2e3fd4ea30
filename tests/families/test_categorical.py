"""Classes as codes: the density against SciPy, probabilities as the mean, labels as targets."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tfvae
from tfvae.families import Categorical

RANDOM = np.random.RandomState(0)
SHAPE, CLASSES = (3, 2), 4
LOGITS = RANDOM.normal(0, 3, size=(5, *SHAPE, CLASSES))
CODES = RANDOM.randint(0, CLASSES, size=(5, *SHAPE))
PARAMETERS = {"logits": tf.constant(LOGITS.reshape(5, 6, CLASSES), tf.float32)}


def test_density():
    family = Categorical(SHAPE, CLASSES)
    elements = np.take_along_axis(special.log_softmax(LOGITS, -1), CODES[..., None], -1)
    expected = elements.sum((1, 2, 3))
    x = tf.constant(CODES, tf.float32)
    np.testing.assert_allclose(family.log_prob(PARAMETERS, x), expected, rtol=1e-5)
    p = family.distribution(PARAMETERS)
    assert (p.batch_shape, p.event_shape) == ((5,), SHAPE)
    np.testing.assert_allclose(p.log_prob(x), expected, rtol=1e-5)


def test_one_target_is_scored_under_many_samples():
    together = Categorical(SHAPE, CLASSES).log_prob(
        {"logits": PARAMETERS["logits"][:, None]}, tf.constant(CODES, tf.float32)
    )
    assert together.shape == (5, 5)
    alone = Categorical(SHAPE, CLASSES).log_prob(PARAMETERS, tf.constant(CODES, tf.float32))
    np.testing.assert_allclose(np.diag(together), alone, rtol=1e-5)


def test_mean_and_point():
    family = Categorical(SHAPE, CLASSES)
    assert family.mean_shape == (*SHAPE, CLASSES)
    np.testing.assert_allclose(family.mean(PARAMETERS), special.softmax(LOGITS, -1), rtol=1e-5)
    point = family.point(PARAMETERS).numpy()
    np.testing.assert_array_equal(point, LOGITS.argmax(-1))
    family.check(point)


def test_samples_are_codes():
    drawn = Categorical(SHAPE, CLASSES).distribution(PARAMETERS).sample(4000, seed=0).numpy()
    found = np.stack([(drawn == code).mean(0) for code in range(CLASSES)], -1)
    np.testing.assert_allclose(found, special.softmax(LOGITS, -1), atol=0.04)


@pytest.mark.parametrize("labels", [np.int64, np.float32, np.uint8])
def test_labels_are_targets_of_fit(labels):
    x = RANDOM.normal(size=(64, 1)).astype("float32")
    y = (x[:, 0] > 0).astype(labels)
    vae = tfvae.VAE(
        tfvae.encoders.MLP((16,)),
        tfvae.decoders.MLP((16,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=Categorical((1,), 2),
        objective=tfvae.objectives.ELBO(beta=0.01),
    )
    vae.compile(keras.optimizers.Adam(0.03), metrics=["sparse_categorical_accuracy"])
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    histories = [vae.fit(x, y, batch_size=16, epochs=20, verbose=0), vae.fit(data, verbose=0)]
    assert histories[0].history["distortion"][-1] < histories[0].history["distortion"][0] - 0.2
    assert histories[1].history["sparse_categorical_accuracy"][-1] > 0.9
    assert ((vae.predict(x, verbose=0)[:, 0].argmax(-1) == y).mean()) > 0.9
    assert np.isfinite(vae.evaluate(x, y[:, None], verbose=0)).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 4]], "codes from 0 to 3, but the data go from 0 to 4"),
        ([[-1, 3]], "go from -1 to 3"),
        ([[0.5, 3]], "others in between"),
        ([[np.nan, 3]], "not finite"),
    ],
)
def test_values_that_are_no_codes_are_refused(x, message):
    Categorical((2,), 5).check(np.array([[0, 4]]))
    with pytest.raises(ValueError, match=message):
        Categorical((2,), 4).check(np.array(x))


@pytest.mark.parametrize("classes", [1, 0, 2.5, None, True])
def test_fewer_than_two_classes_are_refused(classes):
    with pytest.raises(ValueError, match="`num_classes` must be"):
        Categorical((2,), classes)
