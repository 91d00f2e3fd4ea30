"""Objectives of the aggregated posterior, against their definitions written as plain loops."""

import itertools
import types

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

import tfvae
from tests.objectives.traces import BATCH, LOC, SCALE, SIZE, gaussian_trace
from tfvae.objectives import DIP, MMD, TotalCorrelation
from tfvae.objectives.aggregate import stratified_log_weights
from tfvae.objectives.matching import maximum_mean_discrepancy
from tfvae.trace import Inference, Trace

tfd = tfp.distributions


def drawn_trace(prior_sample=None, q=None):
    """A trace of two samples whose densities are those of its z."""
    q = tfd.MultivariateNormalDiag(LOC, SCALE) if q is None else q
    p = tfd.MultivariateNormalDiag(tf.zeros(SIZE), tf.ones(SIZE))
    z = q.sample(2, seed=(0, 1))
    inference = Inference(z[None], (q.log_prob(z)[None],), (p.log_prob(z)[None],), (q,), (p,))
    log_likelihood = tf.constant(np.random.RandomState(3).normal(size=(1, 2, BATCH)), "float32")
    return Trace(inference, {}, log_likelihood, tf.constant(0), prior_sample=prior_sample)


@pytest.mark.parametrize(("batch", "data_size"), [(1, 7), (2, 7), (4, 9), (4, 4)])
def test_stratified_weights_are_the_mean_over_who_stands_for_the_rest(batch, data_size):
    weights = np.exp(stratified_log_weights(batch, data_size, "float64"))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    if batch == 1:
        return
    others = batch - 1
    expected = np.zeros(batch)
    for chosen in range(1, batch):
        row = np.full(batch, 1 / others)
        row[0] = 1 / data_size
        row[chosen] = (data_size - others) / (data_size * others)
        expected += row / others
    np.testing.assert_allclose(weights[0], expected, rtol=1e-12)
    if batch == data_size:
        np.testing.assert_allclose(weights, 1 / data_size, rtol=1e-12)


def test_total_correlation_by_loops():
    trace, data_size = drawn_trace(), 50
    z = trace.inference.z[0].numpy()
    weights = np.exp(stratified_log_weights(BATCH, data_size, "float64"))
    expected = np.zeros([2, BATCH])
    for s, i in itertools.product(range(2), range(BATCH)):
        each = stats.norm.logpdf(z[s, i], LOC, SCALE)  # [B, D]
        log_joint = special.logsumexp(each.sum(axis=1), b=weights[i])
        log_product = special.logsumexp(each, b=weights[i][:, None], axis=0).sum()
        log_q, log_p = each[i].sum(), stats.norm.logpdf(z[s, i]).sum()
        expected[s, i] = 2 * (log_q - log_joint) + 5 * (log_joint - log_product)
        expected[s, i] += 3 * (log_product - log_p)
    loss = TotalCorrelation(data_size, beta=5.0, alpha=2.0, gamma=3.0).loss(trace)
    np.testing.assert_allclose(loss - trace.distortion, expected.mean(axis=0), rtol=1e-4)


def test_with_weights_of_one_it_is_the_elbo():
    trace = drawn_trace()
    loss = TotalCorrelation(1000, beta=1.0).loss(trace)
    np.testing.assert_allclose(loss, trace.distortion + trace.sampled_rate, rtol=1e-5)


def test_total_correlation_needs_independent_coordinates():
    full = tfd.MultivariateNormalTriL(LOC, tf.linalg.diag(SCALE))
    with pytest.raises(ValueError, match="families.DiagonalNormal"):
        TotalCorrelation(100).loss(drawn_trace(q=full))


@pytest.mark.parametrize("kind", [1, 2])
def test_the_covariance_of_the_aggregated_posterior(kind):
    covariance = np.cov(LOC.T, bias=True)
    if kind == 2:
        covariance += np.diag((SCALE**2).mean(axis=0))
    off = covariance - np.diag(np.diag(covariance))
    expected = 3.0 * (off**2).sum() + 7.0 * ((np.diag(covariance) - 1) ** 2).sum()
    trace = gaussian_trace()
    loss = DIP(3.0, 7.0, kind).loss(trace)
    np.testing.assert_allclose(loss + trace.elbo, expected, rtol=1e-4)


def test_dip_takes_full_covariances():
    tril = np.linalg.cholesky(np.eye(SIZE) + 0.5).astype("float32")
    q = tfd.MultivariateNormalTriL(LOC, np.tile(tril, (BATCH, 1, 1)))
    trace = drawn_trace(q=q)
    covariance = np.cov(LOC.T, bias=True) + np.eye(SIZE) + 0.5
    off = covariance - np.diag(np.diag(covariance))
    expected = (off**2).sum() + ((np.diag(covariance) - 1) ** 2).sum()
    loss = DIP(1.0, kind=2).loss(trace)
    np.testing.assert_allclose(loss + trace.elbo, expected, rtol=1e-3)


def kernel(a, b, name):
    distance = ((a - b) ** 2).sum()
    if name == "gaussian":
        return np.exp(-distance / len(a))
    widths = 2.0 * len(a) * np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])
    return (widths / (widths + distance)).sum()


@pytest.mark.parametrize("name", ["inverse_multiquadratic", "gaussian"])
def test_the_discrepancy_by_loops(name):
    a, b = np.random.RandomState(0).normal(size=(2, 5, 3)) * [[[1.0]], [[2.0]]]
    expected = np.mean(
        [
            kernel(a[i], a[j], name)
            + kernel(b[i], b[j], name)
            - kernel(a[i], b[j], name)
            - kernel(a[j], b[i], name)
            for i, j in itertools.permutations(range(5), 2)
        ]
    )
    found = maximum_mean_discrepancy(tf.constant(a)[None], tf.constant(b), name)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_discrepancy_has_mean_zero_between_equals_and_not_between_others():
    random = np.random.RandomState(0)

    def estimates(shift):
        return [
            float(
                maximum_mean_discrepancy(
                    tf.constant(random.normal(size=(1, 20, 2))),
                    tf.constant(random.normal(shift, size=(20, 2))),
                    "gaussian",
                )
            )
            for _ in range(200)
        ]

    equal, other = estimates(0.0), estimates(1.0)
    assert abs(np.mean(equal)) < 4 * np.std(equal) / np.sqrt(200)
    assert np.mean(other) > 0.1
    assert float(maximum_mean_discrepancy(tf.ones([1, 1, 2]), tf.zeros([1, 2]), "gaussian")) == 0.0


def test_matching_adds_the_discrepancy_and_the_rate():
    prior_sample = tf.constant(np.random.RandomState(5).normal(size=(BATCH, SIZE)), "float32")
    trace = drawn_trace(prior_sample)
    discrepancy = maximum_mean_discrepancy(trace.inference.z[:, 0], prior_sample, "gaussian")
    loss = MMD(4.0, beta=0.5, kernel="gaussian").loss(trace)
    expected = trace.distortion + 4.0 * discrepancy + 0.5 * trace.rate
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TotalCorrelation(0), "data_size"),
        (lambda: TotalCorrelation(10, beta=-1.0), "beta"),
        (lambda: DIP(kind=3), "must be 1"),
        (lambda: DIP(-1.0), "off_diagonal"),
        (lambda: MMD(-1.0), "weight"),
        (lambda: MMD(kernel="linear"), "must be one of"),
    ],
)
def test_arguments_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_depends_on_the_batch_is_not_shared_by_replicas(monkeypatch):
    vae = tfvae.VAE(
        tfvae.encoders.MLP((4,)),
        tfvae.decoders.MLP((4,)),
        posterior=tfvae.families.DiagonalNormal(2),
        likelihood=tfvae.families.Bernoulli((4,)),
        objective=MMD(),
    )
    two = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tfvae.VAE, "distribute_strategy", two)
    with pytest.raises(ValueError, match="`MMD` depends on which examples share a batch"):
        vae.compile("adam")
