"""What a weights file may be, and how large a model that a config describes."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import tfvae
from tfvae.zoo import PresetError
from tfvae.zoo.bounds import SPARE_NUMBERS, bounded_variables, check_weights
from tfvae.zoo.folder import file_entry


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(30), keras.layers.Dense(3)])
    model.save_weights(tmp_path / "model.weights.h5")
    return tmp_path / "model.weights.h5"


def test_keras_own_files_pass_and_are_counted(weights: Path) -> None:
    assert check_weights(weights) == 20 * 30 + 30 + 30 * 3 + 3
    tfvae.zoo.compress_weights(weights)
    assert check_weights(weights) == 20 * 30 + 30 + 30 * 3 + 3


@pytest.mark.parametrize("policy", ["bfloat16", "float64", "mixed_float16"])
def test_every_precision_passes(tmp_path: Path, policy: str) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, dtype=policy)])
    model.save_weights(tmp_path / "a.weights.h5")
    assert check_weights(tmp_path / "a.weights.h5") == 9


def test_the_bundled_ones_pass() -> None:
    for name in tfvae.zoo.list_presets():
        preset = tfvae.zoo.read_preset(tfvae.zoo.resolve(name))
        assert check_weights(preset.weights) >= preset.metadata["parameter_count"]


def soft_link(file: h5py.File) -> None:
    file["layers/other"] = h5py.SoftLink("/layers")


def link_to_a_file(file: h5py.File) -> None:
    file["layers/other"] = h5py.ExternalLink("/etc/passwd", "/")


def cycle(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def same_array_twice(file: h5py.File) -> None:
    file["other"] = file["layers/dense/vars/0"]


def bytes_of_another_file(file: h5py.File) -> None:
    external = [("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    file.create_dataset("other", (100,), "uint8", external=external)


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((10**9,), "float32")
    layout[:10] = h5py.VirtualSource("/etc/passwd", "x", (10,))
    file.create_virtual_dataset("other", layout)


def compressed_zeros(file: h5py.File) -> None:
    file.create_dataset("other", data=np.zeros([3000, 1000], "float32"), compression="gzip")


def chunks(file: h5py.File) -> None:
    file.create_dataset("other", (10**6, 10**6), "float32", chunks=(10, 10))


def nothing_stored(file: h5py.File) -> None:
    file.create_dataset("other", (10**6, 10**6), "float32")


def objects(file: h5py.File) -> None:
    file["other"] = ["text", "of any length"]


def a_type(file: h5py.File) -> None:
    file["other"] = np.dtype("float32")


def no_shape(file: h5py.File) -> None:
    file["other"] = h5py.Empty("float32")


def not_a_number(file: h5py.File) -> None:
    file["layers/dense/vars/0"][3, 4] = np.nan


def infinite(file: h5py.File) -> None:
    file["layers/dense/vars/0"][3, 4] = np.inf


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (soft_link, "a link to elsewhere"),
        (link_to_a_file, "a link to elsewhere"),
        (cycle, "one array in two places"),
        (same_array_twice, "one array in two places"),
        (bytes_of_another_file, "other than a plain array"),
        (virtual, "other than a plain array"),
        (compressed_zeros, "other than a plain array"),
        (chunks, "other than a plain array"),
        (nothing_stored, "an array larger than the file.*4,000,000,000,000 bytes"),
        (objects, "other than a plain array"),
        (a_type, "other than a plain array"),
        (no_shape, "other than a plain array"),
        (not_a_number, "not finite"),
        (infinite, "not finite"),
    ],
)
def test_what_keras_does_not_write_is_refused(
    weights: Path, change: Callable[[h5py.File], None], words: str
) -> None:
    with h5py.File(weights, "r+") as file:
        change(file)
    with pytest.raises(PresetError, match=words):
        check_weights(weights)


def test_what_is_no_such_file_is_refused(weights: Path) -> None:
    content = weights.read_bytes()
    for damaged in (b"", b"PK\x03\x04", content[:-1], content[:1000]):
        weights.write_bytes(damaged)
        with pytest.raises(PresetError, match="is no weights file that can be read"):
            check_weights(weights)


def test_variables_are_bounded_in_this_thread_and_for_now() -> None:
    original = keras.Variable.__init__
    words = r"larger model than .* has numbers for \(5\)"
    with pytest.raises(PresetError, match=words), bounded_variables(5):
        keras.layers.Dense(3).build((None, 4))
        elsewhere = threading.Thread(target=keras.layers.Dense(400).build, args=[(None, 400)])
        elsewhere.start()
        elsewhere.join()
        keras.layers.Dense(SPARE_NUMBERS).build((None, 10**9))
    assert keras.Variable.__init__ is original
    keras.layers.Dense(400).build((None, 400))


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    vae = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    vae.save_to_preset(tmp_path / "preset")
    return tmp_path / "preset"


def change_config(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes config.json, and lets metadata.json fit."""
    config = json.loads((folder / "config.json").read_text())
    change(config["config"])
    (folder / "config.json").write_text(json.dumps(config))
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata["files"]["config.json"] = file_entry(folder / "config.json")
    (folder / "metadata.json").write_text(json.dumps(metadata))


def test_a_config_of_a_huge_model_is_not_built(preset: Path) -> None:
    def enlarge(config: dict[str, Any]) -> None:
        config["encoder"]["config"]["hidden"] = [10**9]

    change_config(preset, enlarge)
    with pytest.raises(PresetError, match=r"config\.json describes a larger model"):
        tfvae.VAE.from_preset(preset)


def test_weights_of_another_model_are_one_line(preset: Path) -> None:
    def widen(config: dict[str, Any]) -> None:
        config["encoder"]["config"]["hidden"] = [9]

    change_config(preset, widen)
    with pytest.raises(PresetError, match=r"does not fit its config\.json: ") as error:
        tfvae.VAE.from_preset(preset)
    assert "\n" not in str(error.value)


def test_a_config_that_builds_nothing_is_one_line(preset: Path) -> None:
    def spoil(config: dict[str, Any]) -> None:
        config["encoder"]["config"]["hidden"] = ["wide"]

    change_config(preset, spoil)
    with pytest.raises(PresetError, match="describes no model that can be built: `hidden"):
        tfvae.VAE.from_preset(preset)
