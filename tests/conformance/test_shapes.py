"""The verbs and Keras's own methods on every variant: what they return, in which shape."""

import keras
import numpy as np
import pytest

from tests.conformance.conftest import every, make_variant

COUNT = 5


@every
def test_verbs_return_what_they_say(name, trained):
    vae, x = trained(name).vae, trained(name).x[:COUNT]
    latent_shape = vae.latents.event_shape
    q = vae.encode(x)
    assert (q.batch_shape, q.event_shape) == ((COUNT,), latent_shape)
    p = vae.decode(q.mode())
    assert (p.batch_shape, p.event_shape) == ((COUNT,), x.shape[1:])
    assert vae.decode(q.sample(seed=0)).sample(seed=0).shape == x.shape
    prior = vae.prior.distribution()
    assert (prior.batch_shape, prior.event_shape) == ((), latent_shape)
    for images in (vae.reconstruct(x), vae.reconstruct(x, seed=1), vae.sample(COUNT, seed=0)):
        assert (images.shape, images.dtype) == (x.shape, np.float32)
        assert np.isfinite(images).all()
    for scores in (vae.elbo(x), vae.anomaly_score(x), vae.log_likelihood(x, num_samples=3)):
        assert scores.shape == (COUNT,)
        assert np.isfinite(scores).all()


@every
def test_components_where_there_are_some(name, trained):
    vae, x = trained(name).vae, trained(name).x[:COUNT]
    components = vae.prior.num_components
    if components is None:
        with pytest.raises(ValueError, match="needs a model with components"):
            vae.cluster(x)
        return
    shares = vae.responsibilities(x)
    assert shares.shape == (COUNT, components)
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-5)
    cluster = vae.cluster(x)
    assert (cluster.shape, cluster.dtype) == ((COUNT,), np.int64)
    assert vae.sample(2, component=components - 1, seed=0).shape == (2, *x.shape[1:])
    history = trained(name).history
    assert 1.0 <= history["effective_components"][-1] <= components + 1e-4
    assert 0 <= history["dead_components"][-1] < components


@every
def test_a_model_that_was_never_called_is_ready(name, capsys):
    vae, x = make_variant(name)
    assert vae.built
    vae.summary()
    assert f"{vae.count_params():,}" in capsys.readouterr().out
    assert vae.predict(x[:COUNT], verbose=0).shape == (COUNT, *x.shape[1:])


@every
def test_predict_is_the_mean_reconstruction(name, trained):
    vae, x = trained(name).vae, trained(name).x[:COUNT]
    expected = vae.decode(vae.encode(x).mode()).mean()
    np.testing.assert_allclose(vae.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vae(x), expected, rtol=1e-4, atol=1e-5)


@every
def test_a_model_works_within_a_functional_model(name, trained):
    vae, x = trained(name).vae, trained(name).x[:COUNT]
    inputs = keras.Input(x.shape[1:])
    outer = keras.Model(inputs, vae(inputs))
    assert outer.output_shape == (None, *x.shape[1:])
    np.testing.assert_allclose(outer(x), vae(x), rtol=1e-4, atol=1e-5)
