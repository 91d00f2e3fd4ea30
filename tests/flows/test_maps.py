"""Each flow as a map: its inverse, its determinant by automatic differentiation, its start."""

import numpy as np
import pytest
import tensorflow as tf

from tests.flows.flows import NETWORKED, context_for, jacobian, points, random_flow
from tfvae.flows import InverseAutoregressive, MaskedAutoregressive, Planar, RealNVP

SIZES = [2, 5]
BATCH = 5
CASES = [(kind, {"context_size": size}) for kind in NETWORKED for size in (0, 4)]
networked = pytest.mark.parametrize(("kind", "arguments"), CASES)
every = pytest.mark.parametrize(("kind", "arguments"), [*CASES, (Planar, {})])


def log_determinant(matrices):
    sign, value = np.linalg.slogdet(matrices)
    np.testing.assert_array_equal(sign, 1.0)
    return value


@every
@pytest.mark.parametrize("size", SIZES)
def test_the_determinant_forward_is_that_of_the_jacobian(kind, arguments, size):
    flow = random_flow(kind, size, **arguments)
    context, u = context_for(flow, BATCH), points(BATCH, size)
    z, log_det = flow.forward(u, context)
    assert np.abs(z - u).max() > 0.1
    expected = log_determinant(jacobian(lambda u: flow.forward(u, context)[0], u))
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(log_det, expected, rtol=1e-9, atol=1e-9)


@networked
@pytest.mark.parametrize("size", SIZES)
def test_the_determinant_of_the_inverse_is_that_of_the_jacobian(kind, arguments, size):
    flow = random_flow(kind, size, **arguments)
    context, z = context_for(flow, BATCH), points(BATCH, size)
    _, log_det = flow.inverse(z, context)
    expected = log_determinant(jacobian(lambda z: flow.inverse(z, context)[0], z))
    np.testing.assert_allclose(log_det, expected, rtol=1e-8, atol=1e-8)


@networked
@pytest.mark.parametrize("size", SIZES)
def test_the_inverse_undoes_the_flow(kind, arguments, size):
    flow = random_flow(kind, size, **arguments)
    context, u = context_for(flow, BATCH), points(BATCH, size)
    z, log_det = flow.forward(u, context)
    back, log_det_back = flow.inverse(z, context)
    np.testing.assert_allclose(back, u, atol=1e-7)
    np.testing.assert_allclose(log_det_back, -log_det, atol=1e-7)


@every
def test_axes_of_samples_come_before_those_of_the_batch(kind, arguments):
    flow = random_flow(kind, 3, **arguments)
    context, u = context_for(flow, BATCH), points(2, 4, BATCH, 3)
    z, log_det = flow.forward(u, context)
    assert (z.shape, log_det.shape) == ((2, 4, BATCH, 3), (2, 4, BATCH))
    one, log_det_one = flow.forward(u[1, 2], context)
    np.testing.assert_allclose(z[1, 2], one, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(log_det[1, 2], log_det_one, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", NETWORKED)
def test_a_single_vector_is_enough(kind):
    flow, u = random_flow(kind, 3), points(1, 3)
    for direction in (flow.forward, flow.inverse):
        (values, log_det), (one, log_det_one) = direction(u), direction(u[0])
        np.testing.assert_allclose(one, values[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(log_det_one, log_det[0], rtol=1e-9, atol=1e-12)


@every
def test_a_context_moves_its_own_example_alone(kind, arguments):
    flow = random_flow(kind, 3, **arguments)
    u = tf.tile(points(1, 3), (BATCH, 1))
    z = flow.forward(u, context_for(flow, BATCH))[0].numpy()
    assert len(np.unique(z.round(9), axis=0)) == (BATCH if flow.conditional else 1)


@pytest.mark.parametrize("kind", [RealNVP, MaskedAutoregressive])
def test_the_start_is_the_identity(kind):
    flow = kind(3, (8,))
    flow.build((None, 5))
    u = points(BATCH, 5, dtype="float32")
    for direction in (flow.forward, flow.inverse):
        z, log_det = direction(u)
        np.testing.assert_array_equal(z, u)
        np.testing.assert_array_equal(log_det, 0.0)


def test_open_gates_are_the_identity_and_the_start_is_near_it():
    flow = InverseAutoregressive(2, (8,))
    flow.build((None, 5))
    u = points(BATCH, 5, dtype="float32")
    gate = 0.001 + 0.999 / (1 + np.exp(-2.0))
    z, log_det = flow.forward(u)
    np.testing.assert_allclose(z, gate**2 * u, rtol=1e-5)
    np.testing.assert_allclose(log_det, 10 * np.log(gate), rtol=1e-5)
    for network in flow.networks:
        network.biases[-1].assign(np.repeat([0.0, 40.0], 5))
    np.testing.assert_allclose(flow.forward(u)[0], u, rtol=1e-5)


def test_a_planar_flow_starts_near_the_identity():
    flow = Planar(4)
    flow.build((None, 5))
    features = points(50, 64, dtype="float32")
    context = {}
    for name, head in flow.context_heads().items():
        head.build((None, 64))
        context[name] = head(features)
    u = points(50, 5, dtype="float32")
    z, log_det = flow.forward(u, context)
    assert 0.01 < np.abs(z - u).mean() < 0.5
    assert np.abs(log_det).mean() < 1.0
    context["push"] *= 0.0
    np.testing.assert_array_equal(flow.forward(u, context)[0], u)


def test_a_planar_layer_is_the_formula():
    flow = Planar(1)
    flow.build((None, 2))
    v, w, b, u = np.array([-3.0, 1.0]), np.array([2.0, 0.5]), 0.3, np.array([0.7, -1.1])
    context = {"push": v[None], "normal": w[None], "offset": [[b]]}
    context = {name: tf.constant(value, tf.float32) for name, value in context.items()}
    # w v is -5.5, too far: divided by 6.5.
    pushed = v / 6.5
    bend = np.tanh(w @ u + b)
    z, log_det = flow.forward(tf.constant(u[None], tf.float32), context)
    np.testing.assert_allclose(z[0], u + pushed * bend, rtol=1e-6)
    expected = np.log(np.linalg.det(np.eye(2) + np.outer(pushed, (1 - bend**2) * w)))
    np.testing.assert_allclose(log_det[0], expected, rtol=1e-5)


def test_a_planar_layer_is_invertible_however_it_is_pushed():
    flow = Planar(1)
    flow.build((None, 1))
    u = tf.linspace(-3.0, 3.0, 2001)[:, None]
    for v, w in [(-50.0, 1.0), (1.0, -30.0), (-1.0, 1.0), (8.0, 3.0), (5.0, 0.0)]:
        context = {
            "push": tf.constant([[v]]), "normal": tf.constant([[w]]), "offset": tf.constant([[0.1]])
        }  # fmt: skip
        z, log_det = flow.forward(u, context)
        assert (np.diff(z[:, 0]) > 0).all()
        assert np.isfinite(log_det).all()


@networked
def test_nothing_overflows_far_out(kind, arguments):
    flow = random_flow(kind, 6, dtype="float32", **arguments)
    for weight in flow.weights:
        weight.assign(1e3 * weight)
    context = {name: 1e3 * value for name, value in context_for(flow, BATCH).items()}
    u = 1e3 * points(BATCH, 6, dtype="float32")
    for direction in (flow.forward, flow.inverse):
        for values in direction(u, context):
            assert np.isfinite(values).all()
