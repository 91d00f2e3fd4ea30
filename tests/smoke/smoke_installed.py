"""A small journey through the installed wheel, outside the checkout and without the test tools.

A plain program, since the environment it examines holds nothing but the wheel and the runtime
lock. It prints a line a step and ends with the count of those that passed and failed.
"""

import argparse
import importlib.util
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-5


@cache
def digits() -> np.ndarray:
    """256 handwritten digits, binarised at half: float32 in {0, 1}, [256, 8, 8, 1]."""
    from sklearn.datasets import load_digits

    return (load_digits().images[:256, ..., None] >= 8).astype("float32")


@cache
def trained() -> Any:
    """A small model with a mixture prior, after one epoch."""
    import keras

    import tfvae

    keras.utils.set_random_seed(0)
    vae = tfvae.VAE(
        keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(32, activation="relu")]),
        keras.Sequential([keras.layers.Dense(32, activation="relu")]),
        posterior=tfvae.families.DiagonalNormal(4),
        prior=tfvae.priors.MixtureOfGaussians(3),
        likelihood=tfvae.families.Bernoulli((8, 8, 1)),
    )
    vae.adapt(digits())
    vae.compile("adam")
    vae.fit(digits(), batch_size=64, epochs=1, verbose=0)
    return vae


def equal(name: str, found: Any, expected: Any) -> None:
    """Raise unless two arrays agree within the tolerance, relative to the largest value."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{name}: {found.shape} instead of {expected.shape}"
    difference = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
    assert difference <= TOLERANCE, f"{name} differs by {difference:.1e}"


def the_environment_is_bare() -> None:
    """The test tools are absent, so nothing that passes here leans on them."""
    for tool in ("pytest", "mypy", "ruff"):
        assert importlib.util.find_spec(tool) is None, f"{tool} is installed here"


def the_command_answers() -> None:
    """`tfvae --help` runs from the console script."""
    command = Path(sys.executable).with_name("tfvae")
    page = subprocess.run([command, "--help"], capture_output=True, text=True, check=True).stdout
    for word in ("Usage", "demo", "info"):
        assert word in page, f"no {word!r} in the help page"


def the_model_trains() -> None:
    """`fit` leaves a finite history, and the verbs give the shapes that they promise."""
    vae = trained()
    for name in ("loss", "elbo", "rate", "distortion"):
        assert np.isfinite(vae.history.history[name]).all(), name
    assert vae.sample(4, component=1, seed=0).shape == (4, 8, 8, 1)
    assert vae.reconstruct(digits()[:5]).shape == (5, 8, 8, 1)
    assert vae.log_likelihood(digits()[:5], num_samples=3, seed=0).shape == (5,)
    assert vae.responsibilities(digits()[:5]).shape == (5, 3)


def the_file_keeps_the_model() -> None:
    """`save` and `load_model` give back the same encoder."""
    import keras

    trained().save("vae.keras")
    loaded = keras.saving.load_model("vae.keras")
    equal("loaded mean", loaded.encode(digits()).mean(), trained().encode(digits()).mean())


def the_preset_keeps_the_model() -> None:
    """`save_to_preset` and `from_preset` give back the same decoder."""
    import tfvae

    trained().save_to_preset("preset")
    loaded = tfvae.VAE.from_preset("preset")
    equal("preset sample", loaded.sample(4, seed=1), trained().sample(4, seed=1))


def the_saved_model_encodes() -> None:
    """The exported SavedModel encodes as the model does."""
    import tensorflow as tf

    import tfvae

    tfvae.export.saved_model(trained(), "saved")
    encode = tf.saved_model.load("saved").signatures["encode"]
    equal("SavedModel", encode(x=tf.constant(digits()))["loc"], trained().encode(digits()).mean())


def the_tflite_file_encodes() -> None:
    """The exported TFLite file encodes as the model does."""
    from ai_edge_litert.interpreter import Interpreter

    import tfvae

    tfvae.export.litert(trained(), "vae.tflite")
    encode = Interpreter(model_path="vae.tflite").get_signature_runner("encode")
    equal("TFLite", encode(x=digits())["loc"], trained().encode(digits()).mean())


def the_zoo_is_in_the_wheel() -> None:
    """Every bundled preset loads and draws, and they can be published."""
    import tfvae

    names = list(tfvae.zoo.list_presets())
    assert names, "the wheel holds no preset"
    for name in names:
        vae = tfvae.VAE.from_preset(name)
        given = {"condition": 1} if "condition" in vae.side_inputs() else {}
        assert np.isfinite(vae.sample(2, seed=0, **given)).all(), name
    assert (tfvae.zoo.publish_site("site") / "index.html").is_file()


def the_feature_networks_are_in_the_wheel() -> None:
    """The networks whose features compare samples load, and read images."""
    import tfvae

    for name in ("mnist", "fashion_mnist"):
        network = tfvae.evaluate.FeatureNetwork.load(name)
        assert network(np.zeros([2, 28, 28])).shape == (2, 64), name


def nothing_came_from_the_checkout(checkout: Path) -> None:
    """Every module of ours was imported from the environment."""
    ours = {name: module for name, module in sys.modules.items() if name.startswith("tfvae")}
    files = {name: module.__file__ for name, module in ours.items() if module.__file__}
    assert "tfvae.export" in files, sorted(files)
    for name, file in files.items():
        assert not Path(file).is_relative_to(checkout), f"{name} came from {file}"


STEPS: list[Callable[[], None]] = [
    the_environment_is_bare,
    the_command_answers,
    the_model_trains,
    the_file_keeps_the_model,
    the_preset_keeps_the_model,
    the_saved_model_encodes,
    the_tflite_file_encodes,
    the_zoo_is_in_the_wheel,
    the_feature_networks_are_in_the_wheel,
]


def passes(name: str, step: Callable[[], None]) -> bool:
    """Run one step and say how it went."""
    try:
        step()
    except Exception:
        traceback.print_exc()
        print(f"FAILED  {name.replace('_', ' ')}", flush=True)
        return False
    print(f"passed  {name.replace('_', ' ')}", flush=True)
    return True


def main() -> int:
    """Run every step; the number of failures decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--not-from", type=Path, required=True, help="the checkout")
    checkout = parser.parse_args().not_from.resolve()
    steps = {step.__name__: step for step in STEPS}
    origin = nothing_came_from_the_checkout
    results = [
        *(passes(name, step) for name, step in steps.items()),
        passes(origin.__name__, lambda: origin(checkout)),
    ]
    print(f"{sum(results)} passed, {results.count(False)} failed")
    return min(results.count(False), 1)


if __name__ == "__main__":
    sys.exit(main())
