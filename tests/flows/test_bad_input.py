"""What a flow refuses, and what it says."""

import pytest
import tensorflow as tf

from tests.flows.flows import NETWORKED
from tfvae.flows import Planar, RealNVP


@pytest.mark.parametrize("kind", [*NETWORKED, Planar])
@pytest.mark.parametrize("value", [0, 1.5, None])
def test_a_number_of_layers_that_is_none(kind, value):
    with pytest.raises(ValueError, match="`num_layers` must be a whole number of at least 1"):
        kind(num_layers=value)


@pytest.mark.parametrize("kind", NETWORKED)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": 64}, r"`hidden` must be a sequence such as `\(64,\)`"),
        ({"hidden": ()}, "`hidden` must have at least one size"),
        ({"hidden": (8, 0)}, "`hidden` must be a whole number"),
        ({"context_size": -1}, "`context_size` must be a whole number of at least 0, but is -1"),
        ({"context_size": 2.0}, "`context_size` must be a whole number of at least 0"),
        ({"context_size": True}, "`context_size` must be a whole number of at least 0"),
        ({"activation": "nonsense"}, "nonsense"),
    ],
)
def test_arguments_of_networks(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**arguments).build((None, 2))


@pytest.mark.parametrize("kind", NETWORKED)
def test_one_coordinate_has_nothing_to_go_by(kind):
    with pytest.raises(ValueError, match="the latents have one coordinate alone.*Planar"):
        kind().build((None, 1))


@pytest.mark.parametrize("kind", [*NETWORKED, Planar])
def test_latents_that_are_no_vectors(kind):
    with pytest.raises(ValueError, match=r"over vectors, but the latents have shape \(4, 2\)"):
        kind().build((None, 4, 2))


@pytest.mark.parametrize("flow", [RealNVP(2, context_size=3), Planar(2)])
def test_a_context_that_is_missing(flow):
    flow.build((None, 2))
    with pytest.raises(ValueError, match="depend on a context, but was given none"):
        flow.forward(tf.zeros([1, 2]))


def test_a_planar_flow_has_no_inverse():
    flow = Planar(1)
    flow.build((None, 2))
    with pytest.raises(ValueError, match="no inverse in closed form.*sticking_the_landing"):
        flow.inverse(tf.zeros([1, 2]))
