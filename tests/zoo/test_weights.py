"""Weights in fewer bytes: Keras still reads them, into float32, and nothing else changes."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tfvae.zoo import PresetError, PresetNotFoundError, compress_weights, drop_optimizer

# Keras 3.15 reads TensorFlow's variables by a protocol that NumPy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class Counter(keras.layers.Layer):
    """Passes its input on, and counts in an integer."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.count = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="count"
        )

    def call(self, x: Any) -> Any:
        self.count.assign_add(70_001)
        return x


def build() -> keras.Model:
    """A model with weights, running statistics and an integer that training changes."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=3),
            Counter(),
            layers.Dense(3),
        ]
    )


@pytest.fixture
def trained() -> keras.Model:
    model = build()
    model.compile("adam", "mse")
    random = np.random.RandomState(0)
    model.fit(random.normal(size=(32, 16)), random.normal(size=(32, 3)), verbose=0)
    return model


def datasets(path: Path) -> dict[str, tuple]:
    """Dtype, shape and attributes of every array in a file."""
    found: dict[str, tuple] = {}

    def visit(name: str, item: h5py.HLObject) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = (str(item.dtype), item.shape, dict(item.attrs))

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def test_keras_reads_half_the_bytes_into_float32(trained: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    trained.save_weights(path)
    before = datasets(path)
    compress_weights(path)
    after = datasets(path)
    assert list(tmp_path.iterdir()) == [path]
    assert before.keys() == after.keys()
    for name, (dtype, shape, attributes) in before.items():
        expected = "float16" if dtype == "float32" else dtype
        assert after[name] == (expected, shape, attributes)
    loaded = build()
    loaded.load_weights(path)
    for mine, theirs in zip(loaded.weights, trained.weights, strict=True):
        assert mine.dtype == theirs.dtype
        value, exact = mine.numpy(), theirs.numpy()
        if mine.dtype == "float32":
            np.testing.assert_array_equal(value, exact.astype(np.float16).astype(np.float32))
        else:
            assert exact >= 70_001
            np.testing.assert_array_equal(value, exact)


def write(path: Path, **arrays: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/one/vars")
        group.attrs["name"] = "one"
        for name, array in arrays.items():
            group[name] = array
    return path


def test_what_float16_cannot_hold_stays_as_it_is(tmp_path: Path) -> None:
    kept = {
        "large": np.array([1.0, 70_000.0], np.float32),
        "infinite": np.array([np.inf], np.float32),
        "seed": np.array([2**31, 7], np.uint32),
        "step": np.array(2**40, np.int64),
        "double": np.array([0.1], np.float64),
    }
    path = write(tmp_path / "a.weights.h5", fits=np.array([65_504.0], np.float32), **kept)
    compress_weights(path)
    with h5py.File(path) as file:
        group = file["layers/one/vars"]
        assert group.attrs["name"] == "one"
        assert group["fits"].dtype == np.float16
        for name, array in kept.items():
            assert group[name].dtype == array.dtype
            np.testing.assert_array_equal(group[name][()], array)


def test_bfloat16_weights_survive(tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="bfloat16")])
    model.save_weights(path)
    before = [np.asarray(weight).astype("float32") for weight in model.get_weights()]
    compress_weights(path)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    model.load_weights(path)
    for value, exact in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(np.asarray(value).astype("float32"), exact)


def test_the_optimizers_state_goes_and_the_weights_stay(
    trained: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "model.weights.h5"
    trained.save_weights(path)
    assert any(name.startswith("optimizer/") for name in datasets(path))
    drop_optimizer(path)
    assert not any(name.startswith("optimizer") for name in datasets(path))
    loaded = build()
    loaded.load_weights(path)
    for mine, theirs in zip(loaded.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("shrink", [compress_weights, drop_optimizer])
def test_a_file_that_cannot_be_read_stays_as_it_is(tmp_path: Path, shrink: object) -> None:
    path = write(tmp_path / "a.weights.h5", x=np.zeros(5_000, np.float32))
    cut = path.read_bytes()[:900]
    path.write_bytes(cut)
    with pytest.raises(PresetError, match="is no weights file"):
        shrink(path)
    assert path.read_bytes() == cut
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(PresetNotFoundError, match="There is no weights file"):
        shrink(tmp_path / "none.weights.h5")
