"""Tables of mixed types: sums of SciPy's densities over what is observed, and imputation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfvae
from tfvae import families
from tfvae.families import Columns

RANDOM = np.random.RandomState(0)
X = np.array([[0.3, -1.0, 3.0, 2.0, 0.7], [1.5, 0.2, 0.0, 0.0, 0.1], [0.0, 0.1, 7.0, 1.0, 0.5]])
MISSING = np.array([[0, 1, 0, 0, 1], [1, 0, 0, 1, 0], [1, 1, 1, 1, 1]], bool)
HOLES = np.where(MISSING, np.nan, X)


def made():
    family = Columns(
        [
            families.Normal((2,), 0.5),
            families.Poisson((1,)),
            families.Categorical((1,), 3),
            families.Beta((1,)),
        ]
    )
    parameters = family(tf.constant(RANDOM.normal(size=(3, 4)), tf.float32))
    return family, parameters


def densities(parameters):
    """Logarithms of the density of each value, by SciPy."""
    values = {name: value.numpy().astype("float64") for name, value in parameters.items()}
    normal = stats.norm(values["loc_0"], 0.5).logpdf(X[:, :2])
    poisson = stats.poisson(np.exp(values["log_rate_1"])).logpmf(X[:, 2:3])
    chosen = np.take_along_axis(values["logits_2"][:, 0], X[:, 3:4].astype(int), 1)
    classes = chosen - np.log(np.exp(values["logits_2"][:, 0]).sum(1, keepdims=True))
    beta = stats.beta(values["concentration1_3"], values["concentration0_3"]).logpdf(X[:, 4:])
    return np.concatenate([normal, poisson, classes, beta], axis=1)


def test_the_density_is_the_sum_over_what_is_observed():
    family, parameters = made()
    for x, counted in ((X, np.ones_like(X)), (HOLES, ~MISSING)):
        expected = (densities(parameters) * counted).sum(1)
        found = family.log_prob(parameters, tf.constant(x, tf.float32))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        p = family.distribution(parameters)
        np.testing.assert_allclose(p.log_prob(tf.constant(x, tf.float32)), found, rtol=1e-6)


# XLA takes some comparisons that tell NaN from numbers for ones that always hold.
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_at_missing_values_are_zero(jit_compile):
    family, parameters = made()

    def gradients_of(parameters, x):
        with tf.GradientTape() as tape:
            tape.watch([parameters, x])
            value = family.log_prob(parameters, x)
        return tape.gradient(value, [*parameters.values(), x])

    x = tf.constant(HOLES, tf.float32)
    gradients = tf.function(gradients_of, jit_compile=jit_compile)(parameters, x)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert all((gradient.numpy()[2] == 0.0).all() for gradient in gradients)
    assert (gradients[-1].numpy()[MISSING] == 0.0).all()
    assert all((gradient.numpy()[1] != 0.0).any() for gradient in gradients[:2])


def test_means_and_points_are_those_of_the_families():
    family, parameters = made()
    mean, point = family.mean(parameters).numpy(), family.point(parameters).numpy()
    assert mean.shape == point.shape == (3, 5)
    np.testing.assert_array_equal(mean[:, :2], parameters["loc_0"])
    np.testing.assert_allclose(mean[:, 2:3], np.exp(parameters["log_rate_1"]), rtol=1e-6)
    np.testing.assert_array_equal(mean[:, 3], np.argmax(parameters["logits_2"][:, 0], -1))
    family.check(point)


def test_samples_have_the_moments_of_their_columns():
    family, parameters = made()
    p = family.distribution(parameters)
    assert (p.batch_shape, p.event_shape) == ((3,), (5,))
    drawn = p.sample(4000, seed=0).numpy()
    assert drawn.shape == (4000, 3, 5)
    # A beta of float32 may round to 1.
    drawn[..., 4] = drawn[..., 4].clip(1e-6, 1 - 1e-6)
    family.check(drawn.reshape(-1, 5))
    expected = family.mean(parameters).numpy()
    numbers = [0, 1, 2, 4]
    np.testing.assert_allclose(drawn.mean(0)[:, numbers], expected[:, numbers], rtol=0.1, atol=0.05)
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]) < 0.06


def test_one_table_is_scored_under_many_samples():
    family, parameters = made()
    x = tf.constant(HOLES, tf.float32)
    wide = {name: tf.stack([value, value]) for name, value in parameters.items()}
    together = family.log_prob(wide, x)
    np.testing.assert_allclose(together, np.stack([family.log_prob(parameters, x)] * 2), rtol=1e-6)


def linear_table(seed, count=400):
    """Two numbers, a count and a class, all driven by one number."""
    random = np.random.RandomState(seed)
    t = random.normal(size=(count, 1))
    numbers = np.concatenate([t, -t], 1) + 0.1 * random.normal(size=(count, 2))
    return np.concatenate([numbers, random.poisson(np.exp(1 + t)), (t > 0)], 1).astype("float32")


def test_imputation_beats_the_mean_of_a_column():
    x, random = linear_table(1), np.random.RandomState(2)
    missing = random.uniform(size=x.shape) < 0.25
    holes = np.where(missing, np.nan, x)
    vae = tfvae.models.TableVAE(
        tfvae.encoders.MLP((32,)),
        tfvae.decoders.MLP((32,)),
        families.DiagonalNormal(1),
        [families.Normal((2,), "per_pixel"), families.Poisson((1,)), families.Categorical((1,), 2)],
    )
    vae.compile(keras.optimizers.Adam(0.01))
    vae.fit(holes, batch_size=50, epochs=40, verbose=0)
    filled = vae.reconstruct(holes)
    for column in range(3):
        gap = missing[:, column]
        ours = np.mean((filled - x)[gap, column] ** 2)
        means = np.mean((np.nanmean(holes[:, column]) - x[gap, column]) ** 2)
        assert ours < 0.5 * means
    assert np.mean(filled[missing[:, 3], 3] == x[missing[:, 3], 3]) > 0.75
    for scores in (vae.elbo(holes), vae.log_likelihood(holes, num_samples=3)):
        assert np.isfinite(scores).all()
    assert np.isfinite(vae.encode(holes).mean()).all()


def test_other_likelihoods_go_on_refusing_nan():
    family = families.Normal((2,))
    for check in (family.check, family.check_input):
        with pytest.raises(ValueError, match="not finite"):
            check(np.array([[0.0, np.nan]]))


def test_bad_values_are_named_by_their_columns():
    family, _ = made()
    family.check(HOLES)
    family.check_input(np.full([2, 5], np.nan))
    for column, value, message in (
        (2, -1.0, "Columns 2 to 2: Poisson is over counts"),
        (3, 3.0, "Columns 3 to 3: Categorical is over codes from 0 to 2"),
        (0, np.inf, "Columns 0 to 1: .*not finite"),
    ):
        x = HOLES.copy()
        x[0, column] = value
        with pytest.raises(ValueError, match=message):
            family.check(x)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("numbers", "families with independent elements"),
        (families.DiagonalNormal(2), "families with independent elements"),
        (families.Bernoulli((2, 2)), "has the event shape \\(number of its columns,\\)"),
        (families.Poisson((2,), library_size=True), "with side inputs"),
        (families.Normal((2,), "calibrated"), "calibrated scale needs every value"),
    ],
)
def test_families_that_are_no_columns_are_refused(part, message):
    with pytest.raises(ValueError, match=message):
        Columns([families.Normal((1,)), part])
