"""Named ladders: which networks lead where, and what is refused."""

import keras
import numpy as np
import pytest

import tfvae
from tests.latents.test_ladder import EVENT, data
from tfvae.models import HVAE, LadderVAE

LIKELIHOOD = tfvae.families.Bernoulli(EVENT)
MLP = tfvae.encoders.MLP


def test_the_hierarchical_model_has_the_networks_of_the_paper():
    inputs = keras.Input((28, 28, 1))
    gated = tfvae.encoders.GatedMLP
    vae = HVAE(
        keras.Model(inputs, [keras.layers.Flatten()(inputs), gated((300, 300))(inputs)]),
        tfvae.decoders.GatedJoin((40,), 300),
        tfvae.families.Bernoulli((28, 28, 1)),
    )

    def gated_layer(size):
        return 2 * (size * 300 + 300)

    def head(size):
        return 300 * size + size

    q = gated_layer(784) + gated_layer(300) + 2 * head(40)
    q += gated_layer(784) + gated_layer(40) + gated_layer(600) + 2 * head(40)
    p = gated_layer(40) + gated_layer(300) + 2 * head(40)
    p += 2 * gated_layer(40) + gated_layer(600) + head(784)
    assert vae.count_params() == q + p


def test_a_decoder_of_the_ladder_reads_the_lowest_level():
    vae = LadderVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, latent_sizes=(4, 3, 2), units=(6, 5))
    z = vae.encode(data()).mode().numpy()
    other = z + np.array([0.0] * 4 + [1.0] * 5, "float32")
    np.testing.assert_array_equal(vae.decode(z).mean(), vae.decode(other).mean())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, latent_sizes=(4,)), "of z_1 and z_2"),
        (lambda: HVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, latent_sizes=(4, 0)), "latent_size"),
        (lambda: HVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, units=0), "units"),
        (lambda: LadderVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, units=(8,)), "but the last"),
        (lambda: LadderVAE(MLP((8,)), MLP((8,)), LIKELIHOOD, "normal"), "must be a prior"),
    ],
)
def test_arguments_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()
