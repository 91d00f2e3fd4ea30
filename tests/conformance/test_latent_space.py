"""What `tfvae.evaluate` says of each variant's latents, or why it says nothing."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tests.conformance.conftest import make_variant, rows, told
from tests.conformance.variants import VARIANTS
from tfvae import evaluate
from tfvae.evaluate.latents.decomposition import _draw, _log_densities

COUNT = 6
CODES = {"VQVAE", "ResidualVQVAE", "FSQVAE"}
# Without densities of the whole of z, or, of the last, without any at the latents of others.
REFUSED = CODES | {"AE", "DenoisingAE", "RAE", "WarpedGMVAE", "M1M2", "M2", "PlanarVAE"}
LEVELS = {"HVAE", "LadderVAE", "residual_ladder", "pseudo_inputs_on_top"}
FLOWED = {"IAFVAE", "flows_on_both_sides"}
WITHOUT_MARGINALS = LEVELS | FLOWED | {"SphericalVAE", "power_spherical"}
# Here q has marginals, but p has none, or their divergence has no known form.
WITHOUT_UNIT_RATES = {"RealNVPVAE", "MAFVAE", "GumbelSoftmaxVAE"}
FACTORISING = {"dense", "MixturePosteriorVAE", "CategoricalVAE"}
FEW = {
    "AE",
    "CategoricalVAE",
    "ConditionalVAE",
    "GMVAE",
    "GumbelSoftmaxVAE",
    "IAFVAE",
    "LadderVAE",
    "M2",
    "MixturePosteriorVAE",
    "PlanarVAE",
    "SphericalVAE",
    "VQVAE",
    "VampVAE",
    "convolutional_full",
}
variants = pytest.mark.parametrize(
    "name",
    [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS],
)


def model_and_examples(name):
    vae, x = make_variant(name)
    return vae, told(rows(x, slice(COUNT)))[0]


def test_the_names_here_are_variants():
    assert set(VARIANTS) >= (REFUSED | WITHOUT_MARGINALS | WITHOUT_UNIT_RATES | FACTORISING | FEW)


@variants
def test_the_rate_taken_apart(name):
    vae, x = model_and_examples(name)
    if name in REFUSED:
        with pytest.raises(ValueError, match="compares q\\(z\\) with p\\(z\\)|has no inverse"):
            evaluate.rate_decomposition(vae, x)
        return
    found = evaluate.rate_decomposition(vae, x, num_samples=2)
    parts = found["mutual_information"] + found["marginal_kl"]
    assert found["rate"] == pytest.approx(parts, abs=1e-6)
    assert found["mutual_information"] <= found["largest_mutual_information"] + 1e-6
    if name in WITHOUT_MARGINALS:
        assert found["total_correlation"] is None
    else:
        assert np.isfinite(found["total_correlation"])
    if found["dimension_wise_kl"] is not None:
        parts = found["total_correlation"] + found["dimension_wise_kl"]
        assert found["marginal_kl"] == pytest.approx(parts, abs=1e-6)
    assert found["dimension_wise_kl"] is not None or name not in FACTORISING


@variants
def test_its_densities_are_those_of_the_distributions(name):
    vae, x = model_and_examples(name)
    if name in REFUSED:
        return
    parameters = vae._over(vae._encode, x, 128)
    z = _draw(vae, parameters, COUNT, tf.constant([1, 0]))
    found, q = _log_densities(vae.latents, parameters, z), vae.encode(x)
    pairs = np.stack([q.log_prob(tf.stack([each] * COUNT)) for each in z]).astype("float64")
    tolerance = {"rtol": 1e-4, "atol": 2e-3}
    np.testing.assert_allclose(found.own, np.diag(pairs), **tolerance)
    aggregated = special.logsumexp(pairs, axis=1) - np.log(COUNT)
    np.testing.assert_allclose(found.aggregated, aggregated, **tolerance)
    np.testing.assert_allclose(found.prior, vae.prior.distribution().log_prob(z), **tolerance)


@variants
def test_units(name):
    vae, x = model_and_examples(name)
    if name in CODES:
        with pytest.raises(ValueError, match="latents are codes"):
            evaluate.active_units(vae, x)
    else:
        active = evaluate.active_units(vae, x)
        assert active.variance.shape == vae.latents.event_shape
        assert np.isfinite(active.variance).all()
    if name in REFUSED | WITHOUT_MARGINALS | WITHOUT_UNIT_RATES:
        with pytest.raises(ValueError, match="`rate_by_unit` (compares|needs units)"):
            evaluate.rate_by_unit(vae, x)
        return
    rates = evaluate.rate_by_unit(vae, x)
    assert rates.shape == (COUNT, vae.latents.event_shape[0])
    # Up to the error of quadrature.
    assert rates.min() > -1e-3


@variants
def test_components_or_codes_in_use(name):
    vae, x = model_and_examples(name)
    if name not in CODES and vae.latents.num_components is None:
        with pytest.raises(ValueError, match="needs a model with components"):
            evaluate.component_usage(vae, x)
        return
    usage = evaluate.component_usage(vae, x)
    assert usage.shares.sum() == pytest.approx(1.0)
    assert 1.0 - 1e-6 <= usage.effective <= len(usage.shares) + 1e-6
    assert 1 <= usage.count <= len(usage.shares)
