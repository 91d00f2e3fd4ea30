"""One seed, one run: twice in each way that steps are run."""

import keras
import numpy as np
import pytest
from keras import layers

import tfvae
from tfvae.pipeline import Images

WAYS = {
    "eager": {"run_eagerly": True},
    "graph": {"jit_compile": False},
    "XLA": {"jit_compile": True},
}


def run(make_vae, x, seed=1, **compiled):
    # Layers draw their seeds when they are made, which must come after the seed was set.
    keras.utils.set_random_seed(seed)
    vae = make_vae(
        keras.Sequential([layers.Flatten(), layers.Dense(8, "relu"), layers.Dropout(0.3)]),
        seed=seed,
        prior=tfvae.priors.MixtureOfGaussians(3),
    )
    vae.compile("adam", **compiled)
    vae.adapt(x)
    images = Images(x, "dynamic")
    # XLA takes seconds for a second function, and validation draws in the same manner.
    validation = None if compiled.get("jit_compile") else images
    vae.fit(images, batch_size=3, epochs=2, verbose=0, validation_data=validation)
    return vae


@pytest.mark.parametrize("way", WAYS)
def test_set_random_seed_gives_the_same_run_twice(way, make_vae, x):
    first, second = (run(make_vae, x, **WAYS[way]) for _ in range(2))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.history.history == second.history.history


def test_another_seed_gives_another_run(make_vae, x):
    first, second = (run(make_vae, x, seed, run_eagerly=True) for seed in (1, 2))
    assert first.history.history["loss"] != second.history.history["loss"]


def test_two_models_of_one_program_draw_differently(make_vae, x):
    first = make_vae()
    second = tfvae.VAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4, 4, 1)),
    )
    assert first.noise_seed.state.numpy()[0] != second.noise_seed.state.numpy()[0]
    assert first.noise_seed.state.numpy()[0] != first.evaluation_seed.state.numpy()[0]


def test_a_loaded_model_goes_on_as_the_saved_one(make_vae, x, tmp_path, assert_same_weights):
    vae = run(make_vae, x, jit_compile=False)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    for model in (vae, loaded):
        model.fit(x, batch_size=3, epochs=2, verbose=0)
    for one, other in zip(vae.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert vae.history.history == loaded.history.history
