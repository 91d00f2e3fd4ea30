"""The same maps by TFP's bijectors, which are given the outputs of our networks."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests.flows.flows import points, random_flow
from tfvae.flows import InverseAutoregressive, MaskedAutoregressive, RealNVP

tfb = tfp.bijectors
SIZE = 5
REVERSED = list(range(SIZE))[::-1]


def real_nvp(flow, layer):
    first, rest = flow.halves

    def shift_and_log_scale(still, units, **_):
        shift, raw = flow.network(layer, {})(still)
        return shift, 3.0 * tf.tanh(raw / 3.0)

    masked = first if layer % 2 == 0 else -rest
    return tfb.RealNVP(num_masked=masked, shift_and_log_scale_fn=shift_and_log_scale)


def autoregressive(flow, layer, shift_and_log_scale):
    if layer % 2 == 0:
        return tfb.MaskedAutoregressiveFlow(shift_and_log_scale)

    def backwards(values):
        return [part[..., ::-1] for part in shift_and_log_scale(values[..., ::-1])]

    turn = tfb.Permute(REVERSED)
    return tfb.Chain([turn, tfb.MaskedAutoregressiveFlow(backwards), turn])


def masked(flow, layer):
    def shift_and_log_scale(values):
        loc, raw = flow.network(layer, {})(values)
        return loc, 3.0 * tf.tanh(raw / 3.0)

    return autoregressive(flow, layer, shift_and_log_scale)


def inverse(flow, layer):
    # u = (z - (1 - g) m) / g is TFP's way forward, z = g u + (1 - g) m its inverse.
    def shift_and_log_scale(values):
        loc, raw = flow.network(layer, {})(values)
        gate = 0.001 + 0.999 * tf.sigmoid(raw + 2.0)
        return -(1.0 - gate) * loc / gate, -tf.math.log(gate)

    return tfb.Invert(autoregressive(flow, layer, shift_and_log_scale))


@pytest.mark.parametrize(
    ("kind", "bijector"),
    [(RealNVP, real_nvp), (MaskedAutoregressive, masked), (InverseAutoregressive, inverse)],
)
def test_a_flow_is_the_chain_of_its_bijectors(kind, bijector):
    flow = random_flow(kind, SIZE)
    # The first of a chain is applied last.
    chain = tfb.Chain([bijector(flow, layer) for layer in reversed(range(flow.num_layers))])
    u = points(4, SIZE)
    z, log_det = flow.forward(u)
    np.testing.assert_allclose(z, chain.forward(tf.identity(u)), rtol=1e-9, atol=1e-9)
    expected = chain.forward_log_det_jacobian(tf.identity(u), event_ndims=1)
    np.testing.assert_allclose(log_det, expected, rtol=1e-8, atol=1e-8)
    back, log_det = flow.inverse(tf.identity(z))
    np.testing.assert_allclose(back, chain.inverse(tf.identity(z)), rtol=1e-7, atol=1e-7)
    expected = chain.inverse_log_det_jacobian(tf.identity(z), event_ndims=1)
    np.testing.assert_allclose(log_det, expected, rtol=1e-7, atol=1e-7)
