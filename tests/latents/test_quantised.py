"""Codes as latents: bounds by enumeration of all codes, and what training does to codebooks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.latents.coded import EVENT, X, log_evidence, make
from tfvae import decoders, families, objectives, priors, quantisers
from tfvae.latents import Quantised


def test_the_rate_is_log_k_a_code():
    vae = make(quantisers.Codebook(7, 2))
    noise = {}
    trace = vae.trace(tf.constant(X), tf.constant(X), noise)
    np.testing.assert_allclose(trace.rate, np.full(len(X), 2 * np.log(7)), rtol=1e-6)
    np.testing.assert_allclose(trace.elbo, -trace.distortion - 2 * np.log(7), rtol=1e-6)


def test_the_bound_is_below_the_evidence_and_what_it_says():
    vae = make()
    vae.adapt(X)
    evidence, elbo = log_evidence(vae, X), vae.elbo(X)
    assert (elbo < evidence).all()
    # log p(x, codes) at the codes of the examples, by the model's own distributions.
    p = vae.decode(vae.encode(X).mode())
    np.testing.assert_allclose(elbo, p.log_prob(X) - 2 * np.log(3), rtol=1e-5)
    np.testing.assert_allclose(vae.log_likelihood(X, num_samples=7), elbo, rtol=1e-5)


def test_what_is_added_to_the_loss_is_no_part_of_the_bound():
    codebook = quantisers.Codebook(3, 2, commitment=0.5, decay=None)
    vae = make(codebook)
    trace = vae.trace(tf.constant(X), tf.constant(X), {})
    features = vae.infer_parameters(X)["features"].numpy()
    vectors = vae.encode(X).mode().numpy()
    added = 1.5 * np.square(features - vectors).sum((1, 2))
    np.testing.assert_allclose(vae.loss_of(trace), -trace.elbo + added, rtol=1e-5)
    np.testing.assert_allclose(vae.objective.loss(trace), -trace.elbo, rtol=1e-6)


def test_the_decoders_gradient_reaches_the_encoder_as_if_nothing_were_quantised():
    vae = make(quantisers.Codebook(3, 2, commitment=0.0))
    parameters = vae.infer_parameters(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(parameters["features"])
        z = vae.latents.infer(parameters, {}).z[0, 0]
        tape.watch(z)
        loss = -vae.likelihood.log_prob(vae.decode_parameters(z), X)
    straight = tape.gradient(loss, z)
    assert np.abs(straight).max() > 0.0
    np.testing.assert_array_equal(tape.gradient(loss, parameters["features"]), straight)


def test_a_trained_model_uses_its_codes():
    vae = make(quantisers.Codebook(8, 2, restart_after=5))
    vae.compile(keras.optimizers.Adam(0.02))
    history = vae.fit(X, batch_size=10, epochs=30, verbose=0).history
    assert history["elbo"][-1] > history["elbo"][0] + 0.5
    assert history["effective_codes"][-1] > 5.0
    assert 0.0 <= history["dead_codes"][-1] <= 3.0


def test_dead_codes_come_to_life_again():
    counts = []
    for restart_after in (None, 3):
        vae = make(quantisers.Codebook(8, 2, restart_after=restart_after), positions=())
        # Far from every feature, but for one.
        vae.latents.quantiser.table.assign([[0.0, 0.0], *[[100.0, k] for k in range(7)]])
        vae.compile(keras.optimizers.SGD(0.01))
        vae.fit(X, batch_size=8, epochs=3, verbose=0)
        counts.append(len(np.unique(vae.encode(X).mode(), axis=0)))
    assert counts[0] == 1
    assert counts[1] > 4


def weights_after(vae, **arguments):
    vae.compile(keras.optimizers.SGD(0.05), **arguments.pop("compiled", {}))
    vae.fit(X, verbose=0, shuffle=False, **arguments)
    return vae.get_weights()


def test_examples_that_fill_a_batch_up_do_not_count():
    # Without restarts: their noise chooses among rows, and so depends on how they are laid out.
    codebooks = [quantisers.Codebook(4, 2, restart_after=None) for _ in range(2)]
    padded = weights_after(make(codebooks[0]), batch_size=10)
    batches = tf.data.Dataset.from_tensor_slices(X).batch(10)
    vae = make(codebooks[1])
    vae.compile(keras.optimizers.SGD(0.05))
    vae.fit(batches, verbose=0)
    for one, other in zip(padded, vae.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_steps_in_an_xla_loop_are_those_by_one():
    runs = [
        weights_after(
            make(quantisers.Codebook(4, 2, restart_after=None)),
            batch_size=10,
            epochs=2,
            compiled={"jit_compile": jit, "steps_per_execution": steps},
        )
        for jit, steps in ((False, 1), (True, 3))
    ]
    for one, other in zip(*runs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_one_position_may_be_given_as_none_at_all():
    for positions in ((), []):
        latents = Quantised(quantisers.Codebook(3, 2), positions=positions)
        latents.build((None, 6))
        assert (latents.event_shape, latents.code_shape) == ((2,), ())


def test_positions_are_those_of_the_features_unless_told():
    codebook = quantisers.Codebook(3, 2)
    for shape, positions in (((None, 6), ()), ((None, 5, 6), (5,)), ((None, 2, 3, 6), (2, 3))):
        latents = Quantised(codebook)
        latents.build(shape)
        assert (latents.event_shape, latents.code_shape) == ((*positions, 2), positions)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quantiser": families.DiagonalNormal(2)}, "`quantiser` must be a quantiser such as"),
        ({"prior": priors.StandardNormal()}, "`prior` must be a prior over codes such as"),
        ({"positions": (2, 0)}, "`positions` must be a whole number of at least 1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Quantised(**{"quantiser": quantisers.Codebook(3, 2), **arguments})


def test_features_that_do_not_fit_the_positions_are_refused():
    with pytest.raises(ValueError, match=r"cannot feed the posterior.*event of shape \(3, 3, 2\)"):
        tfvae.VAE(
            keras.layers.Conv2D(4, 3),
            decoders.MLP((8,)),
            likelihood=families.Bernoulli(EVENT),
            latents=Quantised(quantisers.Codebook(3, 2), positions=(3, 3)),
        )


def test_more_samples_of_what_is_not_random_are_refused():
    with pytest.raises(ValueError, match="`IWAE` takes 5 samples.*`Quantised` are not random"):
        make(objective=objectives.IWAE(5))


def test_a_codebook_larger_than_the_data_cannot_be_adapted():
    vae = make(quantisers.Codebook(60, 2))
    with pytest.raises(ValueError, match="of 60 codes cannot start from 48 vectors"):
        vae.adapt(X)
