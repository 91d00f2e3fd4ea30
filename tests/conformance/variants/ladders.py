"""Models with several levels of latent variables."""

import keras

from tests.conformance.variants.base import IMAGE, Rows, Variant, binary
from tfvae import VAE, decoders, encoders, families, models, objectives, priors
from tfvae.latents import Ladder, Level


def two_levels() -> Variant:
    inputs = keras.Input(IMAGE)
    both = [keras.layers.Flatten()(inputs), encoders.GatedMLP((16, 16))(inputs)]
    vae = models.HVAE(
        keras.Model(inputs, both, name="encoder"),
        decoders.GatedJoin((3,), 16),
        families.Bernoulli(IMAGE),
        priors.MixtureOfGaussians(3),
        latent_sizes=(3, 2),
        units=16,
        objective=objectives.ELBO(gradient="sticking_the_landing", num_samples=2),
    )
    return Variant(vae, binary())


def pseudo_inputs_on_top() -> Variant:
    vae = models.HVAE(
        encoders.GatedMLP((16,)),
        decoders.GatedJoin((3,), 16),
        families.Bernoulli(IMAGE),
        priors.VampPrior(3),
        latent_sizes=(3, 2),
        units=16,
    )
    return Variant(vae, binary())


def three_levels() -> Variant:
    inputs = keras.Input(IMAGE)
    path = [encoders.MLP((16,))(inputs)]
    path += [encoders.MLP((12,))(path[0])]
    path += [encoders.MLP((8,))(path[1])]
    vae = models.LadderVAE(
        keras.Model(inputs, path, name="encoder"),
        decoders.MLP((16,)),
        families.Bernoulli(IMAGE),
        latent_sizes=(4, 3, 2),
        units=(12, 8),
        objective=objectives.IWAE(2),
    )
    return Variant(vae, binary())


def residual_ladder() -> Variant:
    lower, middle = (
        Level(
            families.NormalMap((*size, channels)),
            down=decoders.ResidualMap(size, 4),
            posterior=encoders.ResidualBlock(4),
            onward=encoders.ResidualBlock(4),
        )
        for size, channels in (((4, 4), 1), ((2, 2), 2))
    )
    upper = Level(families.FullNormal(3), posterior=keras.layers.Flatten())
    vae = VAE(
        encoders.ResidualPyramid((4, 4, 4)),
        decoders.ResidualMap((8, 8), 4),
        likelihood=families.Bernoulli(IMAGE),
        latents=Ladder([lower, middle, upper]),
        objective=objectives.ELBO(free_bits=0.01),
    )
    return Variant(vae, binary())


NAMED: Rows = {"HVAE": two_levels, "LadderVAE": three_levels}

COMPOSED: Rows = {
    "residual_ladder": residual_ladder,
    "pseudo_inputs_on_top": pseudo_inputs_on_top,
}
