"""Files that earlier versions wrote still load, and mean what they meant."""

from pathlib import Path

import keras
import numpy as np
import pytest

import tfvae

IMAGES = np.indices((3, 4, 4, 1)).sum(0) % 2.0
VERSIONS = sorted(path for path in Path(__file__).parent.glob("v*") if path.is_dir())


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def version(request: pytest.FixtureRequest) -> Path:
    return request.param


def expect(version: Path, **found: np.ndarray) -> None:
    with np.load(version / "expected.npz") as expected:
        for name, values in found.items():
            np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_there_is_something_to_load():
    assert VERSIONS


def test_keras_file(version):
    vae = keras.saving.load_model(version / "model.keras")
    expect(
        version,
        reconstruction=vae.reconstruct(IMAGES),
        samples=vae.sample(4, seed=7),
        responsibilities=vae.responsibilities(IMAGES),
    )
    assert int(vae.optimizer.iterations.numpy()) == 4
    vae.fit(IMAGES, batch_size=2, epochs=1, verbose=0)


def test_preset(version):
    vae = tfvae.VAE.from_preset(version / "preset")
    expect(version, reconstruction=vae.reconstruct(IMAGES), samples=vae.sample(4, seed=7))


def test_inspect_lists_what_is_in_each(version):
    saved = tfvae.export.inspect(version / "model.keras")
    preset = tfvae.export.inspect(version / "preset")
    vae = keras.saving.load_model(version / "model.keras")
    for contents, kind in ((saved, "Keras"), (preset, "preset")):
        assert contents.kind == kind
        floats = [one for one in contents.weights if (one.role, one.dtype) == ("weight", "float32")]
        shapes = sorted(tuple(weight.shape) for weight in vae.weights if weight.dtype == "float32")
        assert sorted(one.shape for one in floats) == shapes
    assert preset.checked_by == ("metadata.json",)
    tflite = tfvae.export.inspect(version / "model.tflite")
    artefact = tfvae.export.open_artefact(version / "model.tflite")
    assert list(tflite.endpoints) == artefact.endpoints


PRESETS = sorted(weights.parent for weights in Path(__file__).parent.glob("v*/presets/*/*.h5"))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_presets_of_other_kinds(preset):
    vae = tfvae.VAE.from_preset(preset)
    with np.load(preset.with_suffix(".npz")) as expected:
        found = {"reconstruction": vae.reconstruct(IMAGES), "samples": vae.sample(4, seed=7)}
        assert set(expected) == set(found)
        for name, values in found.items():
            np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6)


def test_every_version_has_presets_of_several_kinds():
    assert {preset.parents[1] for preset in PRESETS} == set(VERSIONS)


def test_tflite_file(version):
    artefact = tfvae.export.open_artefact(version / "model.tflite")
    seed, index = tfvae.random.rows(7, 4)
    samples = artefact.run("sample", seed=seed, index=index)["mean"]
    clusters = artefact.run("cluster", x=IMAGES.astype("float32"))["responsibilities"]
    expect(version, samples=samples, responsibilities=clusters)
