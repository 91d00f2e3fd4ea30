"""The verbs and Keras's own methods on every variant: what they return, in which shape."""

import keras
import numpy as np
import pytest

from tests.conformance.conftest import beside_z, every, few, make_variant, rows, told
from tfvae.posteriors.posterior import RefinementError

COUNT = 5


def few_rows(run):
    """A model, the first examples as it reads them, their targets, and what joins their latents."""
    examples = rows(run.x, slice(COUNT))
    return run.vae, *told(examples), beside_z(run.vae, examples)


@every
def test_verbs_return_what_they_say(name, trained):
    vae, x, y, beside = few_rows(trained(name))
    latent_shape, mean_shape = vae.latents.event_shape, vae.likelihood.mean_shape
    q = vae.encode(x)
    assert (q.batch_shape, q.event_shape) == ((COUNT,), latent_shape)
    p = vae.decode(q.mode(), **beside)
    assert (p.batch_shape, p.event_shape) == ((COUNT,), vae.event_shape)
    drawn = vae.decode(q.sample(seed=0), **beside).sample(seed=0)
    assert drawn.shape == (COUNT, *vae.event_shape)
    prior = vae.prior.distribution()
    assert prior.batch_shape == ()
    samples = vae.sample(COUNT, seed=0, **beside)
    for means in (vae.reconstruct(x), vae.reconstruct(x, seed=1), samples):
        assert (means.shape, means.dtype) == ((COUNT, *mean_shape), np.float32)
        assert np.isfinite(means).all()
    scores = [vae.elbo(x, y=y), vae.anomaly_score(x, y=y)]
    if vae.latents.has_density:
        scores.append(vae.log_likelihood(x, num_samples=3, y=y))
    else:
        with pytest.raises(ValueError, match="`log_likelihood` weighs samples by .* density"):
            vae.log_likelihood(x, y=y)
    for each in scores:
        assert each.shape == (COUNT,)
        assert np.isfinite(each).all()


@every
def test_components_where_there_are_some(name, trained):
    vae, x, _, beside = few_rows(trained(name))
    components = vae.latents.num_components
    if components is None:
        with pytest.raises(ValueError, match="needs a model with components"):
            vae.cluster(x)
        return
    shares = vae.responsibilities(x)
    assert shares.shape == (COUNT, components)
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-5)
    cluster = vae.cluster(x)
    assert (cluster.shape, cluster.dtype) == ((COUNT,), np.int64)
    images = vae.sample(COUNT, component=components - 1, seed=0, **beside)
    assert images.shape == (COUNT, *vae.likelihood.mean_shape)
    history = trained(name).history
    assert 1.0 <= history["effective_components"][-1] <= components + 1e-4
    assert 0 <= history["dead_components"][-1] < components


@few
def test_a_refinement_starts_at_the_encoders_posterior(name, trained):
    vae, x, y, _ = few_rows(trained(name))
    try:
        found = vae.refine(x, steps=1, learning_rate=1e-7, y=y)
    except RefinementError:
        return
    q = vae.encode(x)
    assert (found.q.batch_shape, found.q.event_shape) == (q.batch_shape, q.event_shape)
    np.testing.assert_allclose(found.q.mode(), q.mode(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.amortisation_gap, 0.0, atol=1e-2)
    assert np.isfinite(found.elbo_after).all()


@every
def test_a_model_that_was_never_called_is_ready(name, capsys):
    vae, x = make_variant(name)
    assert vae.built
    vae.summary()
    assert f"{vae.count_params():,}" in capsys.readouterr().out
    x, _ = told(rows(x, slice(COUNT)))
    assert vae.predict(x, verbose=0).shape == (COUNT, *vae.likelihood.mean_shape)


@every
def test_predict_is_the_mean_reconstruction(name, trained):
    vae, x, _, beside = few_rows(trained(name))
    parameters = vae.decode_parameters(vae.encode(x).mode(), side=beside)
    expected = vae.likelihood.mean(parameters)
    np.testing.assert_allclose(vae.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vae(x), expected, rtol=1e-4, atol=1e-5)


@every
def test_a_model_works_within_a_functional_model(name, trained):
    vae, x, _, _ = few_rows(trained(name))
    named = x if isinstance(x, dict) else {"x": x}
    inputs = {
        name: keras.Input(values.shape[1:], dtype=values.dtype.name, name=name)
        for name, values in named.items()
    }
    inputs = inputs if isinstance(x, dict) else inputs["x"]
    outer = keras.Model(inputs, vae(inputs))
    assert outer.output_shape == (None, *vae.likelihood.mean_shape)
    np.testing.assert_allclose(outer(x), vae(x), rtol=1e-4, atol=1e-5)
