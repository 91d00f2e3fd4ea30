"""Images moved at random, against SciPy's interpolation."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

import tfvae
from tfvae.augmentation import interpolated, pixel_offsets
from tfvae.encoders import RandomAffine

MATRIX = np.array([[1.1, 0.2], [-0.3, 0.9]], np.float32)
SHIFT = np.array([0.7, -1.3], np.float32)


def images(*shape):
    return np.random.RandomState(0).rand(*shape).astype(np.float32)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(("rows", "columns", "channels"), [(9, 7, 2), (1, 6, 1), (4, 4, 3)])
def test_interpolation_is_that_of_scipy(rows, columns, channels, jit_compile):
    x = images(3, rows, columns, channels)
    middle = np.array([rows - 1, columns - 1]) / 2.0

    @tf.function(jit_compile=jit_compile, autograph=False)
    def moved():
        offset = pixel_offsets(rows, columns, tf.float32)
        offset = tf.einsum("ij,pj->pi", MATRIX, offset) + SHIFT
        return interpolated(x, tf.stack([offset] * 3), 0.5)

    start = middle + SHIFT - MATRIX @ middle
    expected = [
        scipy.ndimage.affine_transform(
            plane, MATRIX, start, order=1, mode="grid-constant", cval=0.5
        )
        for plane in np.moveaxis(x, -1, 1).reshape(-1, rows, columns)
    ]
    expected = np.moveaxis(np.reshape(expected, [3, channels, rows, columns]), 1, -1)
    np.testing.assert_allclose(moved(), expected, atol=1e-5)


@pytest.mark.parametrize("given", [{"rotation": 20.0}, {"shear": 0.3}, {"scale": 0.3}])
def test_motions_have_their_ranges_about_the_middle(given):
    move = RandomAffine(**given, seed=0)
    unit = {name: tf.linspace(-1.0, 1.0, 5) for name in tfvae.augmentation.MOTIONS}
    matrix, shift = (tensor.numpy() for tensor in move._motion(unit))
    np.testing.assert_array_equal(shift, 0.0)
    np.testing.assert_allclose(matrix[2], np.eye(2), atol=1e-6)
    angle = np.deg2rad(20.0)
    extreme = {
        "rotation": [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]],
        "shear": [[1.0, 0.0], [0.3, 1.0]],
        "scale": np.exp(0.3) * np.eye(2),
    }
    np.testing.assert_allclose(matrix[4], extreme[next(iter(given))], atol=1e-6)


def test_shifts_are_uniform_and_each_image_has_its_own():
    x = np.zeros([4000, 9, 9, 1], np.float32)
    x[:, 4, 4] = 1.0
    moved = RandomAffine(shift=2.0, seed=0)(x, training=True).numpy()[..., 0]
    # The value flows to neighbours in proportion: its centre of mass moves as the image does.
    places = np.stack([moved.sum(2) @ np.arange(9.0), moved.sum(1) @ np.arange(9.0)]) - 4.0
    assert np.abs(places).max() <= 2.0 + 1e-5
    # Five standard errors of the mean and of the variance of a uniform number.
    np.testing.assert_allclose(places.mean(1), 0.0, atol=5 * 1.155 / 4000**0.5)
    np.testing.assert_allclose(places.var(1), 4.0 / 3.0, atol=5 * 1.2 / 4000**0.5)
    assert abs(np.corrcoef(places)[0, 1]) < 5 / 4000**0.5


def test_motion_is_for_training_only_and_new_each_time():
    x, move = images(5, 8, 8, 1), RandomAffine(10.0, 0.1, 0.1, 1.0, seed=3)
    np.testing.assert_array_equal(move(x), x)
    first, second = (move(x, training=True).numpy() for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    same = RandomAffine(10.0, 0.1, 0.1, 1.0, seed=3)(x, training=True)
    np.testing.assert_array_equal(same, first)
    still = RandomAffine(seed=3)(x, training=True)
    np.testing.assert_allclose(still, x, atol=1e-6)


def test_a_model_trains_behind_it_with_xla_and_in_mixed_precision():
    vae = tfvae.models.DenoisingVAE(
        tfvae.encoders.MLP((8,), dtype="mixed_bfloat16"),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.Bernoulli((8, 8, 1)),
        corruption=RandomAffine(10.0, shift=1.0, seed=0, dtype="mixed_bfloat16"),
    )
    vae.compile("adam", jit_compile=True)
    history = vae.fit(images(64, 8, 8, 1).round(), epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomAffine(rotation=-1.0), "`rotation` must be a number of at least 0"),
        (lambda: RandomAffine(shear="0.1"), "`shear` must be a number"),
        (lambda: RandomAffine(scale=np.inf), "`scale` must be a number"),
        (lambda: RandomAffine(shift=True), "`shift` must be a number"),
        (lambda: RandomAffine(background=np.nan), "`background` must be a finite number"),
        (lambda: RandomAffine(1.0)(np.zeros([2, 8])), "Only images can be moved"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
