"""Imputation and interpolation: against closed forms, and what bad input is told."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.latents.paths import great_circle, straight

EVENT = (4, 3, 1)


def bernoulli(posterior: Any = None, **parts: Any) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.MLP((12,)),
        tfvae.decoders.MLP((12,)),
        posterior=posterior or tfvae.families.DiagonalNormal(3),
        likelihood=tfvae.families.Bernoulli(EVENT),
        **parts,
    )


def images(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (count, *EVENT)).astype(np.float32)


def masks(count: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 2, (count, *EVENT)).astype(bool)


def test_observed_values_stay_and_missing_ones_do_not_matter() -> None:
    vae, x, mask = bernoulli(), images(5), masks(5)
    completed = vae.impute(x, mask)
    assert completed.dtype == np.float32 and completed.shape == x.shape
    np.testing.assert_array_equal(completed[mask], x[mask])
    assert not np.array_equal(completed[~mask], x[~mask])
    holes = np.where(mask, x, np.nan)
    np.testing.assert_array_equal(vae.impute(holes, mask), completed)
    np.testing.assert_array_equal(vae.impute(holes), completed)
    assert np.all((completed >= 0.0) & (completed <= 1.0))


def test_a_seed_gives_the_same_values_in_any_batches_and_another_gives_others() -> None:
    vae, x, mask = bernoulli(), images(5), masks(5)
    ours = vae.impute(x, mask, seed=3)
    np.testing.assert_allclose(vae.impute(x, mask, seed=3, batch_size=2), ours, atol=1e-6)
    np.testing.assert_allclose(vae.impute(x[:2], mask[:2], seed=3), ours[:2], atol=1e-6)
    assert not np.allclose(vae.impute(x, mask, seed=4), ours, atol=1e-6)


def test_one_step_is_one_reconstruction_with_the_missing_values_at_zero() -> None:
    vae, x = bernoulli(tfvae.families.Deterministic(3)), images(4)
    mask = masks(4)
    mean = vae.reconstruct(np.where(mask, x, 0.0))
    np.testing.assert_allclose(vae.impute(x, mask, num_steps=1), np.where(mask, x, mean), atol=1e-6)
    again = vae.reconstruct(np.where(mask, x, mean))
    np.testing.assert_allclose(
        vae.impute(x, mask, num_steps=2), np.where(mask, x, again), atol=1e-6
    )


def test_a_mask_may_be_one_for_all_and_without_the_axis_of_channels() -> None:
    vae, x = bernoulli(), images(3)
    one = masks(1)[0]
    whole = np.broadcast_to(one, x.shape)
    np.testing.assert_array_equal(vae.impute(x, one[..., 0]), vae.impute(x, whole))
    np.testing.assert_array_equal(vae.impute(x, np.ones_like(one)), x)


def test_imputation_under_an_exact_linear_gaussian_model_finds_the_conditional_mean() -> None:
    # Where the posterior is exact, missing values have the conditional mean as their mean.
    loadings, loc, noise = np.array([1.5, -1.0, 0.5]), np.array([0.5, 0.0, -1.0]), 0.5
    vae = tfvae.VAE(
        tfvae.encoders.MLP(()),
        tfvae.decoders.MLP(()),
        posterior=tfvae.families.DiagonalNormal(1),
        likelihood=tfvae.families.Normal((3,), noise),
    )
    variance = 1.0 / (1.0 + loadings @ loadings / noise**2)
    regression = variance * loadings / noise**2
    raw_scale = np.log(np.expm1(np.sqrt(variance) - 1e-6)) - np.log(np.e - 1)
    heads = vae.latents.posterior.family.projections
    for projection, kernel, bias in (
        (vae.likelihood.projections["loc"], loadings[None], loc),
        (heads["loc"], regression[:, None], [-loc @ regression]),
        (heads["scale"], np.zeros([3, 1]), [raw_scale]),
    ):
        projection.dense.kernel.assign(kernel)
        projection.dense.bias.assign(bias)
    observed, count = np.array([1.2, 0.7]), 4000
    x = np.tile([*observed, np.nan], [count, 1])
    completed = vae.impute(x, [True, True, False], num_steps=30, batch_size=count)[:, 2]
    covariance = np.outer(loadings, loadings) + noise**2 * np.eye(3)
    weights = np.linalg.solve(covariance[:2, :2], covariance[:2, 2])
    expected = loc[2] + weights @ (observed - loc[:2])
    error = completed.std() / np.sqrt(count)
    assert completed.mean() == pytest.approx(expected, abs=4.0 * error)
    # The values at the start, 0, are farther off than that.
    assert abs(expected) > 20.0 * error


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.full(EVENT, 2), "true or 1"),
        (np.full(EVENT, np.nan), "true or 1"),
        (np.ones([2, 2]), r"shape of the examples, \(3, 4, 3, 1\)"),
        (np.ones([2, *EVENT]), "shape of the examples"),
        ("all", "true or 1"),
    ],
)
def test_a_mask_that_is_none_is_explained(mask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bernoulli().impute(images(3), mask)


def test_imputation_needs_examples_and_steps() -> None:
    vae, mask = bernoulli(), masks(1)[0]
    with pytest.raises(ValueError, match="`x` must be examples of shape"):
        vae.impute(np.ones([3, 5]), mask)
    with pytest.raises(ValueError, match="num_steps"):
        vae.impute(images(3), mask, num_steps=0)
    with pytest.raises(ValueError, match="not finite"):
        vae.impute(np.full([1, *EVENT], np.nan), np.ones(EVENT))
    categorical = tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Categorical((3,), 4),
    )
    with pytest.raises(ValueError, match="`impute` puts the likelihood's means"):
        categorical.impute(np.zeros([1, 3]), np.ones([3]))


def test_interpolation_begins_and_ends_at_the_reconstructions() -> None:
    vae, a, b = bernoulli(), images(5), images(5, seed=7)
    means = vae.interpolate(a, b, steps=3, batch_size=2)
    assert means.shape == (5, 3, *EVENT)
    np.testing.assert_allclose(means[:, 0], vae.reconstruct(a), atol=1e-6)
    np.testing.assert_allclose(means[:, 2], vae.reconstruct(b), atol=1e-6)
    middle = 0.5 * (vae.encode(a).mode() + vae.encode(b).mode())
    np.testing.assert_allclose(means[:, 1], vae.decode(middle).mean(), atol=1e-6)


def test_interpolation_on_the_sphere_stays_on_it() -> None:
    posterior = tfvae.families.PowerSpherical(3)
    vae = bernoulli(posterior, prior=tfvae.priors.UniformSphere())
    assert vae.interpolate(images(2), images(2, seed=7), steps=4).shape == (2, 4, *EVENT)
    begin, end = (tf.math.l2_normalize(tf.random.normal([6, 3], seed=s), axis=-1) for s in (1, 2))
    z = vae.latents.between(begin, end, tf.fill([6], 0.3))
    np.testing.assert_allclose(np.linalg.norm(z, axis=-1), 1.0, atol=1e-6)
    angle = np.arccos(np.sum(begin.numpy() * end.numpy(), axis=-1))
    np.testing.assert_allclose(
        np.sum(begin.numpy() * z.numpy(), -1), np.cos(0.3 * angle), atol=1e-5
    )


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_equal_and_opposite_points_have_a_way_between_them(fraction: float) -> None:
    point = tf.constant([[0.6, 0.8]])
    share = tf.constant([fraction])
    np.testing.assert_allclose(great_circle(point, point, share), point, atol=1e-6)
    assert np.all(np.isfinite(great_circle(point, -point, share)))
    np.testing.assert_allclose(great_circle(point, -point, tf.constant([0.0])), point, atol=1e-6)


def test_a_straight_way_is_straight() -> None:
    begin, end = tf.zeros([2, 3, 2]), tf.ones([2, 3, 2])
    z = straight(begin, end, tf.constant([0.25, 0.75]))
    np.testing.assert_allclose(z[:, 0, 0], [0.25, 0.75])


@pytest.mark.parametrize("steps", [1, 0, 2.5])
def test_interpolation_needs_two_ends(steps: Any) -> None:
    with pytest.raises(ValueError, match="steps"):
        bernoulli().interpolate(images(2), images(2), steps=steps)


def test_interpolation_needs_equally_many_examples() -> None:
    with pytest.raises(ValueError, match="2 examples `a`, but 3 examples `b`"):
        bernoulli().interpolate(images(2), images(3))


def test_a_condition_holds_all_the_way() -> None:
    vae = tfvae.models.ConditionalVAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(3),
        tfvae.families.Bernoulli(EVENT),
        condition_shape=(2,),
    )
    condition = np.eye(2, dtype=np.float32)
    a, b = ({"x": x, "condition": condition} for x in (images(2), images(2, seed=7)))
    means = vae.interpolate(a, b, steps=2)
    np.testing.assert_allclose(means[:, 0], vae.reconstruct(a), atol=1e-6)
    completed = vae.impute({**a, "x": np.full_like(a["x"], np.nan)}, np.zeros(EVENT))
    assert completed.shape == (2, *EVENT) and np.all(np.isfinite(completed))


def test_a_model_of_tables_with_holes_fills_them() -> None:
    vae = tfvae.models.TableVAE(
        tfvae.encoders.MLP((8,)),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        [tfvae.families.Normal((1,), 1.0), tfvae.families.Normal((1,), 1.0)],
    )
    x = np.array([[1.0, np.nan], [2.0, 3.0]], np.float32)
    completed = vae.impute(x, ~np.isnan(x))
    assert completed[0, 0] == 1.0 and np.all(np.isfinite(completed))
    # The first z is of what is observed, not of zeros in the place of the rest.
    fixed = vae.latents.posterior.family.projections
    fixed["scale"].dense.bias.assign([-60.0, -60.0])
    fixed["scale"].dense.kernel.assign(np.zeros([8, 2]))
    once = vae.impute(x, ~np.isnan(x), num_steps=1)
    np.testing.assert_allclose(once[0, 1], vae.reconstruct(x)[0, 1], atol=1e-5)
    completed = vae.impute(x, ~np.isnan(x))
    # What the mask calls observed, but is not there, is filled in too.
    np.testing.assert_allclose(vae.impute(x, np.ones([2])), completed, atol=1e-6)
