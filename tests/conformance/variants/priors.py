"""The models that are named after their prior."""

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, binary, digits
from tests.priors.student_t import student_t
from tfvae import decoders, encoders, families, models, priors


def vamp() -> Variant:
    vae = models.VampVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.FullNormal(2),
        families.Bernoulli(IMAGE),
        num_components=12,
        learned=("weights", "pseudo_inputs"),
        objective=tfvae.objectives.ELBO(num_samples=2),
    )
    return Variant(vae, binary())


def custom() -> Variant:
    vae = tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        posterior=families.DiagonalNormal(2),
        prior=priors.Custom(student_t, {"loc": [0.5, 0.0], "log_scale": [0.3, 0.0]}),
        likelihood=families.Bernoulli(IMAGE),
    )
    return Variant(vae, binary())


def spherical() -> Variant:
    vae = models.SphericalVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.VonMisesFisher(3),
        families.Bernoulli(IMAGE),
    )
    return Variant(vae, binary())


def power_spherical() -> Variant:
    vae = models.SphericalVAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.PowerSpherical(4),
        families.Normal(IMAGE, "shared"),
        objective=tfvae.objectives.IWAE(3, "doubly_reparametrised"),
    )
    return Variant(vae, digits())


NAMED: Rows = {"SphericalVAE": spherical, "VampVAE": vamp}

COMPOSED: Rows = {"custom": custom, "power_spherical": power_spherical}
