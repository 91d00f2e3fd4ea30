"""Flows as priors and as posteriors."""

from collections.abc import Callable

import tfvae
from tests.conformance.variants.base import IMAGE, Rows, Variant, binary, named, vectors
from tfvae import decoders, encoders, families, flows, models, objectives, posteriors, priors


def flows_on_both_sides() -> Variant:
    """Odd latents; a posterior whose density is asked for at any z, by an objective with a gate."""
    vae = tfvae.VAE(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        posterior=posteriors.Flowed(families.FullNormal(3), flows.RealNVP(2, (8,), 4)),
        prior=priors.Flowed(flows.InverseAutoregressive(1, (8,))),
        likelihood=families.Normal((5,), "shared"),
        objective=objectives.IWAE(2, "doubly_reparametrised"),
    )
    return Variant(vae, vectors())


COMPOSED: Rows = {"flows_on_both_sides": flows_on_both_sides}


def with_flow_prior(model: Callable[..., tfvae.VAE]) -> Variant:
    vae = model(
        encoders.MLP((16,)),
        decoders.MLP((16,)),
        families.DiagonalNormal(2),
        families.Bernoulli(IMAGE),
        num_layers=2,
        hidden=(8,),
    )
    return Variant(vae, binary())


NAMED: Rows = {
    "RealNVPVAE": lambda: with_flow_prior(models.RealNVPVAE),
    "MAFVAE": lambda: with_flow_prior(models.MAFVAE),
    "IAFVAE": lambda: named(models.IAFVAE, full=True, num_layers=2, hidden=(8,), context_size=4),
    "PlanarVAE": lambda: named(models.PlanarVAE, num_layers=3),
}
