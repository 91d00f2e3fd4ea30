"""From a handle to a model: overrides, classes of the user's own, and what is known by name."""

from pathlib import Path

import keras
import numpy as np
import pytest

import tfvae
from tfvae.zoo import PresetError

X = np.indices((3, 4, 4, 1)).sum(0) % 2.0


@keras.saving.register_keras_serializable(package="test_loading")
class Halving(keras.layers.Layer):
    """A user's encoder, registered with Keras."""

    def __init__(self, units: int = 4, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.dense.build((None, int(np.prod(shape[1:]))))

    def call(self, x: object) -> object:
        return self.dense(keras.ops.reshape(x, (keras.ops.shape(x)[0], -1)) / 2)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "units": self.units}


def model(**arguments: object) -> tfvae.VAE:
    defaults = {
        "encoder": tfvae.encoders.MLP((8,)),
        "decoder": tfvae.decoders.MLP((8,)),
        "posterior": tfvae.families.DiagonalNormal(2),
        "prior": tfvae.priors.MixtureOfGaussians(3),
        "likelihood": tfvae.families.Bernoulli((4, 4, 1)),
    }
    return tfvae.VAE(**{**defaults, **arguments})


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    model().save_to_preset(tmp_path / "preset")
    return tmp_path / "preset"


def test_a_users_own_encoder_loads_when_its_class_is_given(tmp_path: Path) -> None:
    vae = model(encoder=Halving(5))
    vae.save_to_preset(tmp_path / "mine")
    for name in ("Halving", "test_loading>Halving"):
        loaded = tfvae.VAE.from_preset(tmp_path / "mine", custom_objects={name: Halving})
        assert type(loaded.encoder) is Halving
        np.testing.assert_array_equal(loaded.reconstruct(X), vae.reconstruct(X))


def test_a_class_that_is_not_given_is_named_with_its_cure(tmp_path: Path) -> None:
    model(encoder=Halving()).save_to_preset(tmp_path / "mine")
    # It is registered in this process: to be believed, it must be given all the same.
    words = r"'test_loading>Halving' \(at config\.encoder\).*custom_objects=\{'test_loading>Halving"
    with pytest.raises(PresetError, match=words):
        tfvae.VAE.from_preset(tmp_path / "mine")
    with pytest.raises(PresetError, match=words):
        tfvae.VAE.from_preset(tmp_path / "mine", custom_objects={"Other": keras.layers.Dense})


def test_a_users_own_functional_encoder_needs_nothing(tmp_path: Path) -> None:
    inputs = keras.Input((4, 4, 1))
    features = keras.layers.Dense(5, activation="gelu")(keras.layers.Flatten()(inputs * 2.0))
    vae = model(encoder=keras.Model(inputs, features))
    vae.save_to_preset(tmp_path / "mine")
    loaded = tfvae.VAE.from_preset(tmp_path / "mine")
    np.testing.assert_array_equal(loaded.reconstruct(X), vae.reconstruct(X))


def test_overrides_take_the_place_of_arguments_and_all_else_stays(preset: Path) -> None:
    plain = tfvae.VAE.from_preset(preset)
    objective = tfvae.objectives.IWAE(4)
    vae = tfvae.VAE.from_preset(preset, objective=objective, name="other")
    assert vae.objective is objective
    assert vae.name == "other"
    np.testing.assert_array_equal(vae.reconstruct(X), plain.reconstruct(X))
    np.testing.assert_array_equal(vae.sample(3, seed=1), plain.sample(3, seed=1))
    vae.compile("adam")
    vae.fit(X, epochs=1, verbose=0)
    vae.save_to_preset(preset)
    again = tfvae.VAE.from_preset(preset)
    assert type(again.objective) is tfvae.objectives.IWAE
    np.testing.assert_array_equal(again.reconstruct(X), vae.reconstruct(X))


def test_a_part_that_is_replaced_has_its_own_weights(preset: Path) -> None:
    plain = tfvae.VAE.from_preset(preset)
    vae = tfvae.VAE.from_preset(preset, prior=tfvae.priors.MixtureOfGaussians(7))
    assert vae.responsibilities(X).shape == (3, 7)
    np.testing.assert_array_equal(vae.reconstruct(X), plain.reconstruct(X))


@pytest.mark.parametrize("part", ["prior", "sampler"])
def test_a_prior_that_the_encoder_makes_goes_over_to_the_new_model(part: str) -> None:
    vae = model(**{part: tfvae.priors.VampPrior(3, seed=0)})
    drawn, elbo = vae.sample(3, seed=1), vae.elbo(X)
    with pytest.raises(ValueError, match="`objective` must be an objective"):
        vae.replaced(objective="elbo")
    np.testing.assert_array_equal(vae.sample(3, seed=1), drawn)
    other = vae.replaced(objective=tfvae.objectives.IWAE(2))
    for one in (other, vae):
        np.testing.assert_array_equal(one.sample(3, seed=1), drawn)
        np.testing.assert_array_equal(one.elbo(X), elbo)
    third = other.replaced(**{part: tfvae.priors.StandardNormal()})
    assert np.abs(third.sample(3, seed=1) - drawn).max() > 0.0
    np.testing.assert_array_equal(other.sample(3, seed=1), drawn)


def test_overrides_that_do_not_fit_are_refused(preset: Path) -> None:
    with pytest.raises(ValueError, match="VAE has no argument 'pior'. Its arguments are encoder"):
        tfvae.VAE.from_preset(preset, pior=tfvae.priors.StandardNormal())
    with pytest.raises(ValueError, match="`objective` must be an objective"):
        tfvae.VAE.from_preset(preset, objective="elbo")


def test_without_weights_they_are_drawn(preset: Path) -> None:
    plain = tfvae.VAE.from_preset(preset)
    drawn = tfvae.VAE.from_preset(preset, load_weights=False)
    assert drawn.count_params() == plain.count_params()
    assert not np.array_equal(drawn.reconstruct(X), plain.reconstruct(X))


def test_the_presets_of_the_class_say_what_they_are() -> None:
    known = tfvae.VAE.presets
    assert sorted(known) == tfvae.zoo.list_presets()
    for name, about in known.items():
        assert about == tfvae.zoo.describe(name)
        assert about["summary"]


def test_presets_are_no_part_of_a_model(preset: Path) -> None:
    vae = tfvae.VAE.from_preset(preset)
    with pytest.raises(AttributeError, match=r"of the class: tfvae\.VAE\.presets"):
        _ = vae.presets


def test_a_config_names_classes_as_keras_does(preset: Path) -> None:
    import json

    config = json.loads((preset / "config.json").read_text())
    assert (config["class_name"], config["registered_name"]) == ("VAE", "tfvae>VAE")
    assert {path.name for path in preset.iterdir()} == {
        "config.json",
        "metadata.json",
        "model.weights.h5",
    }
