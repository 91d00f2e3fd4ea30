"""`tfvae finetune`: what is trained, what is not, what is told, and what is left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfvae as library

EVENT = (6, 6, 1)
OPTIONS = ["--epochs", "2", "--batch-size", "16", "--learning-rate", "0.01"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset that has not been trained, with a warm-up in its objective."""
    keras.utils.set_random_seed(3)
    vae = library.VAE(
        library.encoders.MLP((16,)),
        library.decoders.MLP((16,)),
        posterior=library.families.DiagonalNormal(2),
        prior=library.priors.MixtureOfGaussians(3, "full"),
        likelihood=library.families.Bernoulli(EVENT),
        objective=library.objectives.ELBO(library.objectives.Warmup(10_000)),
    )
    folder = tmp_path_factory.mktemp("presets") / "base"
    vae.save_to_preset(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Images whose left or right half is lit."""
    generator = np.random.default_rng(0)
    x = np.full([64, *EVENT], 0.02)
    for number in range(64):
        half = slice(0, 3) if number % 2 else slice(3, 6)
        x[number, :, half] = generator.uniform(0.85, 1.0, size=(6, 3, 1))
    np.save(tmp_path / "x.npy", x)
    return tmp_path / "x.npy"


def trained(tfvae: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    answer = tfvae("finetune", *map(str, arguments), *OPTIONS, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.count("\n") == 1
    return json.loads(answer.out)


def weights(part: Any) -> list[np.ndarray]:
    return [weight.numpy() for weight in part.weights]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> list[bool]:
    return [np.array_equal(*pair) for pair in zip(one, other, strict=True)]


def test_a_preset_is_trained_on_and_saved_as_one(
    tfvae: Callable[..., Any], base: Path, data: Path, tmp_path: Path
) -> None:
    told = trained(tfvae, base, data, "-o", tmp_path / "tuned")
    assert told["data"] == {"name": str(data), "train_examples": 58, "validation_examples": 6}
    assert told["validation_elbo_after"] > told["validation_elbo_before"]
    assert len(told["epochs"]["validation_elbo"]) == 2
    vae, before = (library.VAE.from_preset(folder) for folder in (tmp_path / "tuned", base))
    assert not any(same(weights(vae.encoder), weights(before.encoder)))
    # The bound that is told is that of the model on those held out, drawn once.
    order = np.random.RandomState(0).permutation(64)
    held = np.load(data)[np.sort(order[:6])].astype(np.float32)
    held = library.pipeline.Images(held, "fixed", seed=777)
    for model, key in ((before, "before"), (vae, "after")):
        expected = model.elbo(held, seed=777).mean()
        assert told[f"validation_elbo_{key}"] == pytest.approx(expected, abs=1e-3)
    # The warm-up of 10,000 steps is over, and is not in the new preset.
    assert vae.objective.beta == 1.0
    about = library.zoo.info(str(tmp_path / "tuned"))
    assert about["base"] == str(base) and about["recipe"]["epochs"] == 2
    assert tfvae("info", str(tmp_path / "tuned")).code == 0


def test_the_same_seed_gives_the_same_model(
    tfvae: Callable[..., Any], base: Path, data: Path, tmp_path: Path
) -> None:
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        trained(tfvae, base, data, "-o", tmp_path / f"{name}.keras", "--seed", seed)
        found.append(weights(library.VAE.load(tmp_path / f"{name}.keras")))
    assert same(found[0][:4], found[1][:4]) == [True] * 4
    assert not all(same(found[0][:4], found[2][:4]))


def test_a_frozen_encoder_keeps_the_posterior(
    tfvae: Callable[..., Any], base: Path, data: Path, tmp_path: Path
) -> None:
    trained(tfvae, base, data, "-o", tmp_path / "tuned", "--freeze-encoder")
    vae, before = (library.VAE.from_preset(folder) for folder in (tmp_path / "tuned", base))
    x = np.load(data)
    np.testing.assert_array_equal(vae.encode(x).mode(), before.encode(x).mode())
    np.testing.assert_array_equal(vae.encode(x).stddev(), before.encode(x).stddev())
    assert not any(same(weights(vae.decoder), weights(before.decoder)))
    # Frozen for that training alone.
    assert len(vae.trainable_weights) == len(before.trainable_weights)


def test_a_new_prior_has_the_number_of_components_that_is_asked_for(
    tfvae: Callable[..., Any], base: Path, data: Path, tmp_path: Path
) -> None:
    options = ["--prior-components", 2, "--freeze-encoder"]
    trained(tfvae, base, data, "-o", tmp_path / "tuned", *options)
    vae = library.VAE.from_preset(tmp_path / "tuned")
    assert (vae.prior.num_components, vae.prior.covariance) == (2, "full")
    before = library.VAE.from_preset(base)
    assert all(same(weights(vae.encoder), weights(before.encoder)))
    assert vae.sample(2, component=1, seed=0).shape == (2, *EVENT)


def test_vectors_are_trained_on_too(tfvae: Callable[..., Any], tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    library.VAE(
        library.encoders.MLP((8,)),
        library.decoders.MLP((8,)),
        posterior=library.families.DiagonalNormal(1),
        likelihood=library.families.Normal((3,), scale=1.0),
    ).save(tmp_path / "vae.keras")
    x = 3.0 + np.random.default_rng(0).normal(size=(40, 3))
    np.savetxt(tmp_path / "x.csv", x, delimiter=",", header="a,b,c", comments="")
    told = trained(tfvae, tmp_path / "vae.keras", tmp_path / "x.csv", "-o", tmp_path / "new.keras")
    assert told["recipe"]["binarize"] == "none"
    assert told["validation_elbo_after"] > told["validation_elbo_before"]


def test_what_ends_early_leaves_what_was_there(
    tfvae: Callable[..., Any],
    base: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "tuned.keras"
    trained(tfvae, base, data, "-o", place)
    kept = place.read_bytes()

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for verb in ("fit", "save"):
        with monkeypatch.context() as patch:
            patch.setattr(library.VAE, verb, stop)
            answer = tfvae("finetune", str(base), str(data), *OPTIONS, "-o", str(place))
        assert answer.code != 0
        assert place.read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tuned.keras", "x.npy"]


def test_a_preset_that_is_there_is_replaced_and_nothing_else(
    tfvae: Callable[..., Any],
    base: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "tuned"
    for seed in (0, 1):
        trained(tfvae, base, data, "-o", place, "--seed", seed)
        assert library.zoo.info(str(place))["recipe"]["seed"] == seed
    (place / "notes.txt").write_text("mine")
    monkeypatch.setattr(library.VAE, "fit", None)
    answer = tfvae("finetune", str(base), str(data), *OPTIONS, "-o", str(place))
    assert answer.code == 1 and "notes.txt" in answer.err


def test_latents_of_other_kinds_have_no_such_prior(
    tfvae: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    library.models.GMVAE(
        library.encoders.MLP((8,)),
        library.decoders.MLP((8,)),
        posterior=library.families.DiagonalNormal(2),
        likelihood=library.families.Bernoulli(EVENT),
        num_classes=3,
    ).save(tmp_path / "vae.keras")
    place = tmp_path / "new.keras"
    answer = tfvae(
        *["finetune", str(tmp_path / "vae.keras"), str(data), "-o", str(place)],
        *["--prior-components", "4"],
    )
    assert answer.code == 1 and "this has Clustered latents" in answer.err
    assert not place.exists()
