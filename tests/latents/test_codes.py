"""Codes in and out of a model: the verbs, and the endpoints of artefacts."""

import numpy as np
import pytest

import tfvae
from tests.latents.coded import EVENT, X, make
from tfvae import decoders, encoders, families, quantisers

QUANTISERS = {
    "codebook": lambda: quantisers.Codebook(5, 2),
    "residual": lambda: quantisers.ResidualCodebooks(quantisers.Codebook(5, 2), 3),
    "scalars": lambda: quantisers.FiniteScalars((3, 4)),
}


@pytest.mark.parametrize("kind", QUANTISERS)
def test_decoding_the_codes_is_the_reconstruction(kind):
    vae = make(QUANTISERS[kind]())
    vae.adapt(X)
    codes = vae.codes(X, batch_size=10)
    assert (codes.shape, codes.dtype) == ((len(X), *vae.latents.code_shape), np.int32)
    assert 0 <= codes.min() <= codes.max() < vae.latents.quantiser.num_codes
    p = vae.decode_codes(codes, batch_size=7)
    np.testing.assert_allclose(p.mean(), vae.reconstruct(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        p.log_prob(X) + vae.prior.log_prob(codes), vae.elbo(X), rtol=1e-5, atol=1e-4
    )


def test_samples_of_the_prior_are_codes():
    vae = make()
    assert vae.decode_codes(vae.prior.distribution().sample(4, seed=0)).batch_shape == (4,)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros([3, 2]), "`codes` must be whole numbers of shape.* dtype float64"),
        (np.zeros([3, 4], int), r"`codes` must be whole numbers of shape \(N, 2\).*\(3, 4\)"),
        (np.zeros([0, 2], int), r"but have dtype int64 and shape \(0, 2\)"),
        (np.array([[0, 3]]), "`codes` must be from 0 to 2, but go from 0 to 3"),
        (np.array([[0, -1]]), "`codes` must be from 0 to 2, but go from -1 to 0"),
    ],
)
def test_what_are_no_codes_is_refused(codes, message):
    with pytest.raises(ValueError, match=message):
        make().decode_codes(codes)


def test_a_model_without_codes_says_so():
    vae = tfvae.VAE(
        encoders.MLP((8,)),
        decoders.MLP((8,)),
        posterior=families.DiagonalNormal(2),
        likelihood=families.Bernoulli(EVENT),
    )
    for verb, given in ((vae.codes, X), (vae.decode_codes, np.zeros([1, 2], int))):
        with pytest.raises(ValueError, match="needs a model whose latents are codes.*Flat"):
            verb(given)


def test_artefacts_take_and_give_codes(tmp_path):
    vae = make(QUANTISERS["residual"]())
    vae.adapt(X)
    tfvae.export.saved_model(vae, tmp_path / "saved", x=X)
    artefact = tfvae.export.open_artefact(tmp_path / "saved")
    codes = artefact.run("codes", x=X)["codes"]
    assert codes.dtype == np.int32
    np.testing.assert_array_equal(codes, vae.codes(X))
    decoded = artefact.run("decode_codes", codes=codes)["mean"]
    np.testing.assert_allclose(decoded, vae.reconstruct(X), rtol=1e-4, atol=1e-6)
