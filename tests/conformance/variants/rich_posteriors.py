"""Models whose posterior is not one Gaussian."""

from tests.conformance.variants.base import IMAGE, Rows, Variant, binary, digits
from tfvae import decoders, encoders, families, models, objectives, priors


def mixture_posterior() -> Variant:
    vae = models.MixturePosteriorVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Bernoulli(IMAGE),
        latent_size=2,
        num_components=3,
    )
    return Variant(vae, binary())


def siwae() -> Variant:
    vae = models.SIWAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Normal(IMAGE, "shared"),
        priors.MixtureOfGaussians(3),
        latent_size=3,
        num_components=2,
        num_samples=2,
        gradient="doubly_reparametrised",
    )
    return Variant(vae, digits())


def gumbel_softmax() -> Variant:
    vae = models.GumbelSoftmaxVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Bernoulli(IMAGE),
        latent_size=3,
        num_classes=4,
        temperature=0.7,
        prior_temperature=0.4,
        objective=objectives.ELBO(num_samples=2),
    )
    return Variant(vae, binary())


def categorical() -> Variant:
    vae = models.CategoricalVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.Normal(IMAGE, "shared"),
        latent_size=4,
        num_classes=3,
    )
    return Variant(vae, digits())


NAMED: Rows = {
    "MixturePosteriorVAE": mixture_posterior,
    "SIWAE": siwae,
    "GumbelSoftmaxVAE": gumbel_softmax,
    "CategoricalVAE": categorical,
}
