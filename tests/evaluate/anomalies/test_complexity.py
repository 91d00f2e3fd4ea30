"""Lengths of lossless codes: their order, their shapes, and that nothing is lost."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfvae import evaluate


def ramp(*shape: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, math.prod(shape)).reshape(shape)


def test_the_simpler_an_image_the_shorter() -> None:
    generator = np.random.default_rng(0)
    half_noise = np.where(ramp(28, 28) < 0.5, 0.5, generator.uniform(size=[28, 28]))
    noise = generator.uniform(size=[28, 28])
    lengths = evaluate.complexity([np.full([28, 28], 0.5), half_noise, noise])
    assert (np.diff(lengths) > 500.0).all()
    # Noise cannot be compressed: 8 bits a pixel, and little beside them.
    entropy = 28 * 28 * 8 * math.log(2.0)
    assert entropy < lengths[2] < 1.15 * entropy


def test_it_is_the_length_of_a_file_from_which_the_image_comes_back() -> None:
    levels = np.random.default_rng(0).integers(0, 256, [2, 9, 7, 3])
    lengths = evaluate.complexity(levels / 255.0)
    for image, length in zip(levels, lengths, strict=True):
        file = tf.io.encode_png(image.astype("uint8"), compression=9)
        assert length == pytest.approx(len(file.numpy()) * 8 * math.log(2.0))
        np.testing.assert_array_equal(tf.io.decode_png(file), image)


@pytest.mark.parametrize("shape", [(60,), (8, 8), (8, 8, 1), (8, 8, 3), (4, 4, 5), (3, 3, 3, 2)])
def test_events_of_any_shape_have_a_length(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).uniform(size=shape)
    lengths = evaluate.complexity(np.stack([np.zeros(shape), noise]))
    assert lengths.shape == (2,)
    assert 0.0 < lengths[0] < lengths[1]


def test_an_axis_of_one_channel_changes_nothing() -> None:
    images = np.random.default_rng(0).uniform(size=[3, 8, 8])
    np.testing.assert_array_equal(
        evaluate.complexity(images), evaluate.complexity(images[..., None])
    )


def test_the_range_is_that_of_the_data() -> None:
    levels = np.random.default_rng(0).integers(0, 256, [3, 8, 8])
    expected = evaluate.complexity(levels / 255.0)
    np.testing.assert_array_equal(evaluate.complexity(levels, (0, 255)), expected)
    shifted = evaluate.complexity(levels / 127.5 - 1.0, (-1.0, 1.0))
    np.testing.assert_array_equal(shifted, expected)


@pytest.mark.parametrize(
    ("x", "value_range", "words"),
    [
        (np.full([2, 4, 4], 1.5), (0.0, 1.0), "go from 1.5 to 1.5, beyond `value_range`"),
        (np.full([2, 4, 4], -0.1), (0.0, 1.0), "beyond `value_range`"),
        (np.full([2, 4, 4], np.nan), (0.0, 1.0), "not finite"),
        (np.zeros([2, 4, 4]), (1.0, 0.0), "must be two rising numbers"),
        (np.zeros([2, 4, 4]), (0.0, np.inf), "must be two rising numbers"),
        (np.zeros(4), (0.0, 1.0), "an axis of examples"),
    ],
)
def test_what_has_no_levels_is_refused(x: Any, value_range: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evaluate.complexity(x, value_range)
