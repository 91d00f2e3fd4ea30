"""What a config may name: Keras's models pass and can be built; what runs code does not pass."""

import json
from collections.abc import Iterator
from typing import Any

import keras
import pytest

from tfvae.zoo import PresetError
from tfvae.zoo.allowed import check_config


def stored(thing: Any) -> Any:
    """A config as it comes back from config.json."""
    return json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))


def sequential() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.Dropout(0.1, seed=1),
            layers.Flatten(),
            layers.Dense(2, activation=keras.activations.gelu, kernel_regularizer="l2"),
            layers.Dense(2, kernel_constraint=keras.constraints.NonNeg()),
        ]
    )


def functional() -> keras.Model:
    x = keras.Input((4,))
    hidden = keras.layers.Dense(3)(x)
    return keras.Model(x, keras.ops.tanh(hidden * 2.0 + 1.0))


def compiled() -> keras.Model:
    model = sequential()
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 10)
    model.compile(keras.optimizers.Adam(schedule), keras.losses.Huber(), metrics=["mae"])
    return model


def nested() -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 1)), sequential(), keras.layers.LeakyReLU()])


@pytest.mark.parametrize("make", [sequential, functional, compiled, nested])
def test_models_of_keras_pass(make: Any) -> None:
    model = make()
    config = stored(model)
    check_config(config)
    rebuilt = keras.saving.deserialize_keras_object(config)
    assert [w.shape for w in rebuilt.weights] == [w.shape for w in model.weights]


def entry(module: Any, name: Any, config: Any = None, **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config or {}, **more}


LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wEAAA==", "defaults": None}}


@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        (entry("keras.layers", "Lambda", {"function": LAMBDA}), "Lambda"),
        (entry("keras.src.layers.core.lambda_layer", "Lambda"), "Lambda"),
        (LAMBDA, "lambda code"),
        ({**LAMBDA, "module": None, "registered_name": "tfvae>VAE"}, "lambda code"),
        ({"class_name": "__typespec__", "spec_name": "x", "config": []}, "typespec code"),
        (entry("keras.layers", "TFSMLayer", {"filepath": "/tmp/x"}), "TFSMLayer"),
        (entry("keras.layers", "TorchModuleWrapper"), "TorchModuleWrapper"),
        (entry("keras.layers", "TextVectorization", {"vocabulary": "/etc/hosts"}), "read files"),
        (entry("keras.layers", "StringLookup", {"vocabulary": "/etc/hosts"}), "read files"),
        (entry("keras.utils", "get_file"), "get_file"),
        (entry("keras.saving", "load_model"), "load_model"),
        (entry("keras.src.utils.file_utils", "get_file"), "get_file"),
        (entry("kerasx.layers", "Dense"), "neither tfvae nor Keras"),
        (entry("os", "function", "system"), "'system'"),
        (entry("builtins", "function", "eval"), "'eval'"),
        (entry("builtins", "function", None), "neither"),
        (entry("os", "function", "relu"), "'relu'"),
        (entry("subprocess", "Popen"), "'Popen'"),
        (entry("tfvae.vae", "VAE"), "'VAE'"),
        (entry("keras.layers", "Dense", registered_name="other>Evil"), "other>Evil"),
        (entry(None, "Dense"), "'Dense'"),
        (entry(None, "Gone", registered_name="tfvae>Gone"), "this version of tfvae does not have"),
        (entry(7, "Dense"), "damaged"),
        (entry("keras.layers", ["Dense"]), "damaged"),
        ({"class_name": "Dense", "config": {}}, "has no module"),
    ],
)
def test_what_runs_code_or_reads_files_is_refused(hostile: dict[str, Any], words: str) -> None:
    for config in (hostile, {"config": {"layers": [{"inner": (hostile,)}]}}):
        with pytest.raises(PresetError, match=words):
            check_config(config)


def test_the_place_is_named() -> None:
    config = entry("keras", "Sequential", {"layers": [{}, entry("subprocess", "Popen")]})
    with pytest.raises(PresetError, match=r"'Popen' \(at config\.layers\[1\]\)"):
        check_config(config)


def test_a_bottomless_config_is_refused() -> None:
    config: dict[str, Any] = {}
    for _ in range(20_000):
        config = {"config": config}
    with pytest.raises(PresetError, match="levels deep"):
        check_config(config)


class Plain(keras.layers.Layer):
    """A user's layer, not registered."""


@keras.saving.register_keras_serializable(package="mine")
class Registered(keras.layers.Layer):
    """A user's layer, registered."""


def double(x: Any) -> Any:
    """A user's activation."""
    return 2 * x


@pytest.mark.parametrize(
    ("make", "custom_objects", "name"),
    [
        (Plain, {"Plain": Plain}, "Plain"),
        (Registered, {"Registered": Registered}, "mine>Registered"),
        (Registered, {"mine>Registered": Registered}, "mine>Registered"),
        (lambda: keras.layers.Dense(2, activation=double), {"double": double}, "double"),
    ],
)
def test_a_users_own_class_passes_when_it_is_given(
    make: Any, custom_objects: dict[str, Any], name: str
) -> None:
    config = stored(make())
    with pytest.raises(PresetError, match=f"names '{name}' .*custom_objects={{'{name}'"):
        check_config(config)
    with pytest.raises(PresetError, match=name):
        check_config(config, {"Other": keras.layers.Dense})
    check_config(config, custom_objects)
    assert keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    monkeypatch.setitem(keras.saving.get_custom_objects(), "tfvae>Made", Plain)
    yield Plain


def test_what_tfvae_has_registered_passes(ours: type) -> None:
    config = entry(None, "Made", {"name": "made"}, registered_name="tfvae>Made")
    check_config(config)
    assert type(keras.saving.deserialize_keras_object(config)) is ours
