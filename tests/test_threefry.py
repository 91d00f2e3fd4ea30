"""Threefry: known answers, a NumPy twin, and the same numbers on every backend."""

import math

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tfvae import random
from tfvae.random import Noise, rows, stream, threefry_2x32, threefry_draw

WORDS = tf.TensorSpec([None], "int32")
SPECS = {
    "z": Noise("normal", (7, 3)),
    "choice": Noise("uniform", ()),
    "pixels": Noise("uniform", (2, 4)),
}


def as_int32(*words):
    return [np.atleast_1d(np.asarray(word, np.uint32)).view(np.int32) for word in words]


def reference(key_0, key_1, counter_0, counter_1):
    """Hash by the paper's definition, in unsigned words and with a true rotation."""
    key = [np.atleast_1d(np.uint32(word)) for word in (key_0, key_1)]
    key.append(key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    x, y = np.uint32(counter_0) + key[0], np.uint32(counter_1) + key[1]
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    for step in range(20):
        x = x + y
        bits = np.uint32(rotations[step % 8])
        y = ((y << bits) | (y >> (np.uint32(32) - bits))) ^ x
        if step % 4 == 3:
            group = step // 4 + 1
            x = x + key[group % 3]
            y = y + key[(group + 1) % 3] + np.uint32(group)
    return x, y


def random_words(n):
    words = np.random.default_rng(0).integers(0, 2**32, (4, n), dtype=np.uint64).astype(np.uint32)
    edges = np.array([0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1], np.uint32)
    words[:, : 6**4] = np.stack(np.meshgrid(edges, edges, edges, edges)).reshape(4, -1)
    return words


class Backends(tf.Module):
    """Endpoints to export, without Keras."""

    @tf.function(input_signature=[WORDS] * 4)
    def words(self, key_0, key_1, counter_0, counter_1):
        x, y = threefry_2x32(key_0, key_1, counter_0, counter_1)
        return {"x": x, "y": y}

    @tf.function(input_signature=[WORDS] * 2)
    def noise(self, seed, index):
        return threefry_draw(SPECS, seed, index)

    @tf.function(input_signature=[tf.TensorSpec([None], "float32")])
    def radius(self, u):
        return {"radius": random._radius(u)}


ENDPOINTS = ("words", "noise", "radius")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("random") / "saved")
    module = Backends()
    tf.saved_model.save(
        module, path, signatures={name: getattr(module, name) for name in ENDPOINTS}
    )
    return path


@pytest.fixture(scope="module")
def litert(folder):
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(ENDPOINTS))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return Interpreter(model_content=converter.convert())


@pytest.fixture(params=["eager", "graph", "xla", "saved_model", "litert"])
def run(request):
    """A function that runs an endpoint on a backend, NumPy in and NumPy out."""

    def in_tensorflow(endpoint, **inputs):
        method = getattr(Backends(), endpoint)
        call = {
            "eager": method.python_function,
            "graph": method,
            "xla": tf.function(method.python_function, jit_compile=True),
        }[request.param]
        return call(**{name: tf.constant(value) for name, value in inputs.items()})

    def in_saved_model(endpoint, **inputs):
        signature = tf.saved_model.load(request.getfixturevalue("folder")).signatures[endpoint]
        return signature(**{name: tf.constant(value) for name, value in inputs.items()})

    def in_litert(endpoint, **inputs):
        return request.getfixturevalue("litert").get_signature_runner(endpoint)(**inputs)

    backend = {"saved_model": in_saved_model, "litert": in_litert}.get(request.param, in_tensorflow)
    return lambda endpoint, **inputs: {
        name: np.asarray(value) for name, value in backend(endpoint, **inputs).items()
    }


def run_words(run, words):
    names = ("key_0", "key_1", "counter_0", "counter_1")
    result = run("words", **dict(zip(names, as_int32(*words), strict=True)))
    return result["x"].view(np.uint32), result["y"].view(np.uint32)


# kat_vectors of Random123 1.14, "threefry2x32 20": counter, key, result.
@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((2**32 - 1,) * 2, (2**32 - 1,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_known_answers(run, counter, key, answer):
    assert [int(word[0]) for word in run_words(run, (*key, *counter))] == list(answer)
    assert [int(word[0]) for word in reference(*key, *counter)] == list(answer)


def test_words_equal_the_numpy_twin_on_every_backend(run):
    words = random_words(20_000)
    for word, expected in zip(run_words(run, words), reference(*words), strict=True):
        np.testing.assert_array_equal(word, expected)


def expected_noise(name, seed, index):
    """The documented layout, in float64: block j gives elements 2j and 2j + 1."""
    spec = SPECS[name]
    blocks = np.arange(math.ceil(spec.size / 2))
    key = [np.asarray(word, np.int32).view(np.uint32)[:, None] for word in (seed, index)]
    words = reference(*key, blocks, np.full_like(blocks, stream(name)))
    u, v = ((np.right_shift(word, 9) + 0.5) / 2**23 for word in words)
    if spec.kind == "normal":
        polar = np.sqrt(-2 * np.log(u)) * np.exp(2j * np.pi * v)
        u, v = polar.real, polar.imag
    pairs = np.stack([u, v], axis=-1).reshape(len(seed), -1)
    return pairs[:, : spec.size].reshape(len(seed), *spec.shape)


@pytest.mark.parametrize("n", [1, 5, 3000])
def test_draws_are_as_documented_on_every_backend(run, n):
    _, seed, _, index = (word[:n].view(np.int32) for word in random_words(4000))
    noise = run("noise", seed=seed, index=index)
    assert noise.keys() == SPECS.keys()
    for name, spec in SPECS.items():
        assert noise[name].shape == (n, *spec.shape)
        assert noise[name].dtype == np.float32
        # Uniforms of 23 bits are exact in float32.
        tolerance = 1e-5 if spec.kind == "normal" else 0
        np.testing.assert_allclose(
            noise[name], expected_noise(name, seed, index), rtol=0, atol=tolerance
        )


def test_radius_is_accurate_at_both_ends(run):
    # A plain log is off by 1e-4 here in LiteRT.
    k = np.arange(2**15)
    u = (np.concatenate([k, 2**23 - 2**15 - 40_000 + k, 2**23 - 1 - k]) + 0.5) / 2**23
    np.testing.assert_allclose(
        run("radius", u=u.astype(np.float32))["radius"], np.sqrt(-2 * np.log(u)), rtol=0, atol=1e-5
    )


def test_uniform_interval_is_open():
    ends = random._open_uniform(tf.constant([0, -1], "int32")).numpy()
    assert ends.tolist() == [2.0**-24, 1 - 2.0**-24]


def test_threefry_noise_extends_with_rows_and_elements():
    short = threefry_draw({"z": Noise("normal", (5,))}, *rows(-4, 3))["z"].numpy()
    long = threefry_draw({"z": Noise("normal", (8,))}, *rows(-4, 9))["z"].numpy()
    np.testing.assert_array_equal(long[:3, :5], short)
