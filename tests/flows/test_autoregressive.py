"""Who depends on whom in autoregressive layers, by the sparsity of Jacobians."""

import numpy as np
import pytest
import tensorflow as tf

from tests.flows.flows import context_for, jacobian, points, random_flow
from tfvae.flows import InverseAutoregressive, MaskedAutoregressive
from tfvae.flows.autoregressive import autoregressive_masks

KINDS = [InverseAutoregressive, MaskedAutoregressive]
SIZE = 5


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("hidden", [(4,), (7, 11), (5, 4, 6)])
@pytest.mark.parametrize("backwards", [False, True])
def test_masks_let_through_what_comes_before_and_all_of_it(backwards, hidden, conditional):
    masks = autoregressive_masks(SIZE, hidden, backwards, conditional)
    paths = np.linalg.multi_dot(masks).T  # [2 D, D]
    before = np.tril(np.ones((SIZE, SIZE)), -1)
    before = before.T if backwards else before
    if conditional and min(hidden) < SIZE:
        # A degree is spent on the context: there may be too few units for all of the others.
        assert (paths[np.tile(before, (2, 1)) == 0] == 0).all()
        return
    np.testing.assert_array_equal(paths > 0, np.tile(before, (2, 1)) > 0)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_triangular(kind, layer):
    flow = random_flow(kind, SIZE)
    matrices = jacobian(lambda inputs: flow._fast(layer, inputs, {})[0], points(3, SIZE))
    expected = np.tril(np.ones((SIZE, SIZE)))
    expected = expected.T if layer % 2 else expected
    np.testing.assert_array_equal(matrices != 0, np.broadcast_to(expected > 0, matrices.shape))


@pytest.mark.parametrize("kind", KINDS)
def test_layers_together_let_every_coordinate_move_every_other(kind):
    flow = random_flow(kind, SIZE)
    matrices = jacobian(lambda u: flow.forward(u)[0], points(3, SIZE))
    assert (np.abs(matrices) > 1e-12).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_coordinate_depends_on_the_context(kind):
    flow = random_flow(kind, SIZE, context_size=4)
    inputs = points(3, SIZE)
    (found,) = context_for(flow, 3).values()
    matrices = jacobian(lambda context: flow._fast(0, inputs, {"context": context})[0], found)
    assert (np.abs(matrices).max(axis=-1) > 1e-6).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_pass_both_ways(kind):
    flow = random_flow(kind, 3, dtype="float32")
    weights = [weight.value for weight in flow.trainable_weights]
    for direction in (flow.forward, flow.inverse):
        with tf.GradientTape() as tape:
            values, log_det = direction(points(4, 3, dtype="float32"))
            total = tf.reduce_sum(values**2) + tf.reduce_sum(log_det)
        for gradient in tape.gradient(total, weights):
            assert np.isfinite(gradient).all()
            assert np.abs(gradient).max() > 0
