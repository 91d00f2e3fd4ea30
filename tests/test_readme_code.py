"""The Python in the README runs as it is written, and gives what its comments say."""

import ast
import re
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow_probability as tfp
from sklearn.datasets import load_digits

import tfvae

tfd = tfp.distributions
COUNT = 20


def images() -> np.ndarray:
    """scikit-learn's digits, enlarged to 28 by 28, from 0 to 1."""
    pixels = load_digits().images[:340].astype("float32") / 16
    large = np.kron(pixels, np.ones([1, 3, 3], "float32"))
    return np.pad(large, [(0, 0), (2, 2), (2, 2)])[..., None]


def run(block: str, names: dict[str, Any]) -> dict[str, Any]:
    """Runs a block line by line; returns the values of its bare expressions by their text."""
    values = {}
    for node in ast.parse(block).body:
        if isinstance(node, ast.Expr):
            text = ast.unparse(node)
            values[text] = eval(text, names)
        else:
            exec(compile(ast.Module([node], []), "README.md", "exec"), names)
    return values


@pytest.fixture(scope="module")
def blocks(root):
    """The blocks of Python in the README, in order."""
    return re.findall(r"```python\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def first(blocks, tmp_path_factory):
    """Names and values that the first block leaves behind, and the folder where it ran."""
    folder = tmp_path_factory.mktemp("readme")
    data = images()
    keras.utils.set_random_seed(0)
    names = {
        "encoder": tfvae.encoders.MLP((32,)),
        "decoder": tfvae.decoders.MLP((32,)),
        "x_train": data[:256],
        "x_test": data[256:],
        "x": data[-COUNT:],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        values = run(blocks[0], names)
    return names, values, folder


def test_training_reports_the_terms(first):
    history = first[0]["history"].history
    terms = {"elbo", "rate", "distortion", "loss"}
    assert terms | {f"val_{term}" for term in terms} <= set(history)
    assert history["val_elbo"][-1] > history["val_elbo"][0]


def test_what_is_a_distribution_is_one(first):
    names, values, _ = first
    assert isinstance(names["q"], tfd.Distribution)
    assert (names["q"].batch_shape, names["q"].event_shape) == ((COUNT,), (32,))
    assert (names["p"].batch_shape, names["p"].event_shape) == ((COUNT,), (28, 28, 1))
    prior = values["vae.prior.distribution()"]
    assert (prior.batch_shape, prior.event_shape) == ((), (32,))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("vae.reconstruct(x)", (COUNT, 28, 28, 1)),
        ("vae.sample(16, seed=0)", (16, 28, 28, 1)),
        ("vae.sample(4, component=3, seed=0)", (4, 28, 28, 1)),
        ("vae.elbo(x)", (COUNT,)),
        ("vae.log_likelihood(x, num_samples=500, seed=0)", (COUNT,)),
        ("vae.anomaly_score(x)", (COUNT,)),
        ("vae.cluster(x)", (COUNT,)),
        ("vae.responsibilities(x)", (COUNT, 10)),
    ],
)
def test_verbs_return_arrays_of_the_shapes_that_it_says(first, text, shape):
    value = first[1][text]
    assert value.shape == shape
    assert np.isfinite(value).all()


def test_what_was_kept_is_the_model(first):
    names, values, _ = first
    vae, x = names["vae"], names["x"]
    loaded = values["keras.saving.load_model('vae.keras')"]
    taken = values["tfvae.VAE.from_preset('folder')"]
    for other in (loaded, taken):
        np.testing.assert_array_equal(other.reconstruct(x), vae.reconstruct(x))
    assert int(loaded.optimizer.iterations.numpy()) == 10
    assert not taken.compiled


def test_labels_of_few_are_learned_as_it_says(blocks):
    keras.utils.set_random_seed(0)
    values = run(blocks[1], {"np": np, "tfvae": tfvae, "x": images()[:256]})
    labels = values["m2.predict_labels(x[:5])"]
    assert (labels.shape, labels.dtype) == ((5,), np.int64)


def test_what_was_exported_is_there(first):
    folder = first[2]
    assert (folder / "saved" / "saved_model.pb").is_file()
    assert (folder / "vae.tflite").is_file()
    for text, report in first[1].items():
        if text.startswith("tfvae.export"):
            assert not report.failures


def test_the_exported_file_draws_the_models_images(first, blocks, monkeypatch):
    names, _, folder = first
    monkeypatch.chdir(folder)
    block = next(block for block in blocks if "Interpreter(" in block)
    drawn: dict[str, Any] = {}
    run(block, drawn)
    np.testing.assert_allclose(drawn["images"], names["vae"].sample(4, seed=7), atol=1e-5)


def test_no_block_is_left_out(blocks):
    assert len(blocks) == 3
