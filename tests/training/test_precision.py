"""Networks may compute in half precision; densities, losses and what is reported do not."""

import keras
import numpy as np
import pytest

import tfvae


def build(policy, make_vae):
    keras.config.set_dtype_policy(policy)
    return make_vae(prior=tfvae.priors.MixtureOfGaussians(3, seed=0))


@pytest.mark.parametrize(
    ("policy", "jit_compile"), [("mixed_bfloat16", True), ("mixed_float16", False)]
)
def test_half_precision_trains(policy, jit_compile, make_vae, x):
    vae = build(policy, make_vae)
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=jit_compile)
    before = vae.get_weights()
    history = vae.fit(x, batch_size=5, epochs=20, verbose=0, validation_data=x).history
    assert history["loss"][-1] < history["loss"][0] - 0.2
    for old, new in zip(before, vae.get_weights(), strict=True):
        assert (old != new).any() and new.dtype == np.float32


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("mixed_bfloat16", 0.03), ("mixed_float16", 0.005)]
)
def test_half_precision_computes_what_single_does(policy, tolerance, make_vae, x):
    single = build("float32", make_vae)
    half = build(policy, make_vae)
    assert half.encoder(x).dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(half.elbo(x), single.elbo(x), rtol=tolerance)
    # Distributions and scores are in float32 all the same.
    for tensor in (half.encode(x).mean(), half.decode(np.zeros([3, 2], "float32")).mean()):
        assert tensor.dtype == "float32"
    assert half.elbo(x).dtype == half.reconstruct(x).dtype == np.float32
    gradients = []
    for vae in (single, half):
        vae.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
        before = vae.get_weights()
        vae.train_on_batch(x)
        steps = [a - b for a, b in zip(before, vae.get_weights(), strict=True)]
        gradients.append(np.concatenate([step.ravel() for step in steps]))
    expected, found = gradients
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert 0.0 < error < 3 * tolerance


def test_float16_scales_its_loss_and_survives_a_scale_too_large(make_vae, x):
    vae = build("mixed_float16", make_vae)
    vae.compile(keras.optimizers.SGD(0.01))
    assert isinstance(vae.optimizer, keras.optimizers.LossScaleOptimizer)
    vae.optimizer.dynamic_scale.assign(2.0**100)
    before = vae.get_weights()
    vae.fit(x, batch_size=10, verbose=0)
    # Gradients overflow, so the step is skipped and the scale halved; the loss itself was fine.
    for old, new in zip(before, vae.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert float(vae.optimizer.dynamic_scale.numpy()) == 2.0**99
    assert vae.steps_taken() == 1 and int(vae.optimizer.iterations.numpy()) == 0
    vae.optimizer.dynamic_scale.assign(2.0**10)
    vae.fit(x, batch_size=10, verbose=0)
    assert any((a != b).any() for a, b in zip(before, vae.get_weights(), strict=True))


def test_skipped_steps_do_not_repeat_an_order(make_vae, x):
    vae = build("mixed_float16", make_vae)
    vae.compile(keras.optimizers.SGD(0.01), run_eagerly=True)
    vae.optimizer.dynamic_scale.assign(2.0**120)
    seen = []
    trace = vae.trace
    vae.trace = lambda x, *args, **kwargs: seen.append(x.numpy()) or trace(x, *args, **kwargs)
    for _ in range(2):
        vae.fit(x, batch_size=10, verbose=0)
    assert int(vae.optimizer.iterations.numpy()) == 0
    assert (seen[0] != seen[1]).any()


def test_float64_is_double_precision_throughout(make_vae, x):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    vae = make_vae()
    assert all(weight.dtype == "float64" for weight in vae.trainable_weights)
    vae.compile(keras.optimizers.SGD(0.1))
    fine = x.astype("float64") / 3
    seed = vae.evaluation_seed.state.numpy()
    report = vae.evaluate(fine, batch_size=10, verbose=0, return_dict=True)
    noise = tfvae.random.draw(vae.latents.noise(), (1, 10), seed, "float64")["z"].numpy()[0]
    q = vae.encode(fine)
    p = vae.decode(q.mean().numpy() + q.stddev().numpy() * noise).mean().numpy()
    density = fine * np.log(p) + (1 - fine) * np.log1p(-p)
    expected = -density.reshape(10, -1).sum(axis=1)
    # Metrics are kept in float32 by Keras; the scores of verbs are not.
    np.testing.assert_allclose(report["distortion"], expected.mean(), rtol=1e-6)
    assert vae.elbo(fine).dtype == np.float64
    single = vae.elbo(fine.astype("float32").astype("float64"))
    assert 0.0 < np.abs(vae.elbo(fine) - single).max() < 1e-5
    history = vae.fit(fine, batch_size=5, epochs=3, verbose=0, sample_weight=np.ones(10)).history
    assert np.isfinite(history["loss"]).all()


def test_schedules_and_free_bits_work_in_each_precision(make_vae, x):
    for policy in ("mixed_bfloat16", "mixed_float16", "float64"):
        keras.config.set_dtype_policy(policy)
        objective = tfvae.objectives.ELBO(beta=tfvae.objectives.Warmup(10), free_bits=0.1)
        vae = make_vae(objective=objective, likelihood=tfvae.families.Normal((4, 4, 1)))
        vae.compile("adam", run_eagerly=True)
        assert np.isfinite(vae.fit(x, batch_size=5, verbose=0).history["loss"]).all()
