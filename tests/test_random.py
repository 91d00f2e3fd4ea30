"""Noise as data: statistics, streams, shapes, and what is refused."""

import doctest
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae import random
from tfvae.random import Noise, draw, rows, threefry_draw

SPECS = {
    "z": Noise("normal", (7, 3)),
    "choice": Noise("uniform", ()),
    "pixels": Noise("uniform", (2, 4)),
}


@pytest.mark.parametrize("source", ["draw", "threefry"])
def test_a_million_draws_have_the_stated_distribution(source):
    specs = {"n": Noise("normal", (40,)), "u": Noise("uniform", (40,))}
    if source == "draw":
        noise = draw(specs, (25_000,), seed=(0, 3))
    else:
        noise = threefry_draw(specs, *rows(3, 25_000))
    normal, uniform = (noise[name].numpy().astype(np.float64).ravel() for name in "nu")
    assert stats.kstest(normal, "norm").pvalue > 1e-3
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    # Five standard errors of each moment of a million draws.
    assert abs(normal.mean()) < 5e-3
    assert abs(normal.var() - 1) < 5 * math.sqrt(2) * 1e-3
    assert abs(stats.skew(normal)) < 5 * math.sqrt(6) * 1e-3
    assert abs(stats.kurtosis(normal)) < 5 * math.sqrt(24) * 1e-3
    assert abs(uniform.var() - 1 / 12) < 5 * math.sqrt(1 / 180) * 1e-3


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1] * math.sqrt(np.size(a))


def test_threefry_rows_seeds_names_and_elements_are_uncorrelated():
    specs = {"z": Noise("normal", (50,)), "y": Noise("normal", (50,))}
    noise = threefry_draw(specs, *rows(0, 4001))
    z, y = noise["z"].numpy(), noise["y"].numpy()
    other = threefry_draw(specs, *rows(1, 4001))["z"].numpy()
    pairs = {
        "adjacent rows": (z[1:], z[:-1]),
        "adjacent elements": (z[:, 1:], z[:, :-1]),
        "the two of a block": (z[:, 0::2], z[:, 1::2]),
        "names": (z, y),
        "adjacent seeds": (z, other),
        "seed and row exchanged": (z[1], other[0]),
    }
    for a, b in pairs.values():
        assert abs(correlation(a, b)) < 5
        # Box-Muller on dependent words would show in the squares first.
        assert abs(correlation(a**2, b**2)) < 5


@pytest.mark.parametrize("source", ["draw", "threefry"])
def test_a_name_keeps_its_noise_when_others_are_added(source):
    def noise(specs):
        if source == "draw":
            return draw(specs, (6,), (1, 2))["z"].numpy()
        return threefry_draw(specs, *rows(1, 6))["z"].numpy()

    alone = noise({"z": Noise("normal", (5,))})
    crowd = noise(
        {"a": Noise("uniform", (3,)), "z": Noise("normal", (5,)), "zz": Noise("normal", ())}
    )
    np.testing.assert_array_equal(crowd, alone)


def test_threefry_draws_nothing_when_nothing_is_needed():
    assert threefry_draw({}, *rows(0, 3)) == {}
    assert draw({}, (3,), (0, 0)) == {}


@pytest.mark.parametrize("jit_compile", [False, True])
def test_draw_takes_a_batch_known_only_at_run_time(jit_compile):
    @tf.function(input_signature=[tf.TensorSpec([None, 2])], jit_compile=jit_compile)
    def sample(x):
        noise = draw(SPECS, [3, tf.shape(x)[0]], (0, 1))
        assert noise["z"].shape.as_list() == [3, None, 7, 3]
        return noise

    noise = sample(tf.zeros([4, 2]))
    assert {name: value.shape.as_list() for name, value in noise.items()} == {
        "z": [3, 4, 7, 3],
        "choice": [3, 4],
        "pixels": [3, 4, 2, 4],
    }
    assert len(np.unique(noise["z"])) == 3 * 4 * 21


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draw_keeps_the_interval_open(monkeypatch, dtype):
    step = np.finfo(dtype).eps
    ends = tf.constant([0, 1 - step], dtype)
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda shape, seed, dtype, alg: ends)
    noise = draw({"u": Noise("uniform", ())}, (2,), (0, 0), dtype)["u"]
    assert noise.dtype == dtype
    assert noise.numpy().tolist() == [step / 2, 1 - step / 2]


def test_draw_takes_any_integer_pair_and_depends_on_both():
    specs = {"z": Noise("normal", (4,))}
    keras_seed = keras.random.SeedGenerator(0).next()
    assert draw(specs, tf.constant([2]), keras_seed)["z"].shape == (2, 4)
    large = np.array([2**32 - 1, 7], np.uint32)
    np.testing.assert_array_equal(draw(specs, (), large)["z"], draw(specs, (), (-1, 7))["z"])
    draws = {tuple(draw(specs, (), seed)["z"].numpy()) for seed in [(0, 0), (0, 1), (1, 0), (1, 1)]}
    assert len(draws) == 4


def test_draw_gives_each_name_its_own_noise():
    noise = draw({"a": Noise("normal", (1000,)), "b": Noise("normal", (1000,))}, (50,), (0, 0))
    assert abs(correlation(noise["a"], noise["b"])) < 5


@pytest.mark.parametrize("kind", ["gumbel", "", None])
def test_noise_of_unknown_kind(kind):
    with pytest.raises(ValueError, match="must be one of"):
        Noise(kind, (2,))


@pytest.mark.parametrize("shape", [(0,), (-1, 2), (2.5,), ("2",), 7, None])
def test_noise_of_bad_shape(shape):
    with pytest.raises(ValueError, match="tuple of positive integers"):
        Noise("normal", shape)


def test_noise_is_a_value():
    noise = Noise("normal", [np.int64(3), 2])
    assert noise == Noise("normal", (3, 2))
    assert hash(noise) == hash(Noise("normal", (3, 2)))
    assert (noise.size, Noise("uniform", ()).size) == (6, 1)


@pytest.mark.parametrize("function", [draw, threefry_draw])
def test_names_of_one_stream_are_refused(function):
    # The best known pair of words with equal CRC-32.
    specs = {"plumless": Noise("normal", ()), "buckeroo": Noise("normal", ())}
    arguments = ((1,), (0, 0)) if function is draw else rows(0, 1)
    with pytest.raises(ValueError, match="'plumless' and 'buckeroo' have the same stream"):
        function(specs, *arguments)


@pytest.mark.parametrize("seed", [2**31, -(2**31) - 1, 1.0, "1", None, True])
def test_rows_refuse_a_bad_seed(seed):
    with pytest.raises(ValueError, match="seed must be an integer from -2147483648"):
        rows(seed, 1)


@pytest.mark.parametrize("n", [0, -1, 2**31, 2.0, False])
def test_rows_refuse_a_bad_number(n):
    with pytest.raises(ValueError, match="n must be an integer from 1"):
        rows(0, n)


def test_rows_at_the_ends_of_the_range():
    for end in (-(2**31), 2**31 - 1, np.int64(5)):
        seed, index = rows(end, 3)
        assert (seed.dtype, index.dtype) == (np.int32, np.int32)
        assert (seed.tolist(), index.tolist()) == ([int(end)] * 3, [0, 1, 2])


@pytest.mark.parametrize("seed", [7, (1, 2, 3), (0.5, 1.5)])
def test_draw_refuses_a_bad_seed(seed):
    with pytest.raises(ValueError, match="seed of two integers"):
        draw(SPECS, (1,), seed)


def test_draw_refuses_a_half_precision():
    with pytest.raises(ValueError, match="Cast it"):
        draw(SPECS, (1,), (0, 0), "bfloat16")


def test_threefry_refuses_scalars():
    with pytest.raises(ValueError, match=r"Try rows\(seed, n\)"):
        threefry_draw(SPECS, 0, 3)


def test_examples():
    result = doctest.testmod(random)
    assert result.attempted >= 8
    assert result.failed == 0
