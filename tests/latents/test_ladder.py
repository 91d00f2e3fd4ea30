"""Ladders of any networks: one level is flat, densities integrate to one, one path for both."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.latents.linear_ladder import in_float64
from tfvae import random
from tfvae.latents import Flat, Ladder, Level
from tfvae.objectives import DIP, ELBO, IWAE, MMD, TotalCorrelation
from tfvae.priors import MixtureOfGaussians
from tfvae.projection import project

EVENT = (3, 2, 1)
Normal = tfvae.families.DiagonalNormal


def network(units, activation="tanh"):
    return keras.layers.Dense(units, activation=activation)


def example_levels():
    """Two levels with a network at every place."""
    lower = Level(
        Normal(3), down=network(6), prior=network(5), posterior=network(4), onward=network(7)
    )
    return [lower, Level(Normal(2), posterior=network(4), onward=network(5))]


def model(latents, objective=None, encoder=None):
    return tfvae.VAE(
        tfvae.encoders.MLP((8,), "tanh") if encoder is None else encoder,
        tfvae.decoders.MLP((8,), "tanh"),
        likelihood=tfvae.families.Bernoulli(EVENT),
        latents=latents,
        objective=objective,
    )


def data(count=5):
    return (np.random.RandomState(0).uniform(size=(count, *EVENT)) > 0.5).astype("float32")


def noise_for(vae, samples, count):
    return random.draw(vae.latents.noise(), (samples, count), (1, 2), vae.likelihood.density_dtype)


def loss_and_gradients(vae, noise, x):
    weights = [weight.value for weight in vae.trainable_weights]
    with tf.GradientTape() as tape:
        trace = vae.trace(x, x, noise, gate=vae.objective.gate())
        loss = vae.objective.loss(trace)
    return [loss, trace.rate, *tape.gradient(loss, weights)]


@pytest.mark.parametrize(
    "objective",
    [ELBO(num_samples=3), IWAE(3, "doubly_reparametrised"), ELBO(free_bits=0.3)],
    ids=["elbo", "gated", "free_bits"],
)
def test_one_level_is_a_flat_model(objective):
    flat = model(Flat(Normal(2), MixtureOfGaussians(3)), objective)
    ladder = model(Ladder([Normal(2)], MixtureOfGaussians(3)), objective)
    ladder.set_weights(flat.get_weights())
    x, noise = tf.constant(data()), noise_for(flat, objective.num_samples, 5)
    expected = loss_and_gradients(flat, noise, x)
    found = loss_and_gradients(ladder, {"z_1": noise["z"]}, x)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(ladder(x), flat(x))
    np.testing.assert_array_equal(ladder.cluster(x), flat.cluster(x))


def grid(low, high, count):
    axis = np.linspace(low, high, count)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    return points, (axis[1] - axis[0]) ** 2


@pytest.mark.parametrize("prior", [None, MixtureOfGaussians(2, spread=2.0)])
def test_densities_integrate_to_one(prior):
    in_float64()
    if prior is not None:
        prior = MixtureOfGaussians(2, spread=2.0)
    levels = [
        Level(Normal(1), prior=network(4), posterior=network(4)),
        Level(Normal(1), posterior=network(4)),
    ]
    vae = model(Ladder(levels, prior))
    points, area = grid(-12.0, 12.0, 601)
    p = np.exp(vae.prior.log_prob(tf.constant(points)))
    assert p.sum() * area == pytest.approx(1.0, abs=1e-3)
    q = vae.encode(data(2))
    both = np.exp(q.log_prob(np.repeat(points[:, None], 2, axis=1)))
    np.testing.assert_allclose(both.sum(0) * area, 1.0, atol=1e-3)
    # The mean of the density is that of the samples.
    means = (both[..., None] * points[:, None]).sum(0) * area
    np.testing.assert_allclose(q.sample(20_000, seed=3).numpy().mean(0), means, atol=0.05)


def test_a_sample_comes_with_its_density():
    vae, x = model(Ladder(example_levels(), MixtureOfGaussians(3))), data()
    inference = vae.latents.infer(vae.infer_parameters(x), noise_for(vae, 4, 5))
    assert inference.z.shape == (1, 4, 5, 5)
    log_q = vae.encode(x).log_prob(inference.z[0])
    np.testing.assert_allclose(tf.add_n(inference.log_q)[0], log_q, rtol=1e-4, atol=1e-4)
    log_p = vae.prior.log_prob(inference.z)
    np.testing.assert_allclose(tf.add_n(inference.log_p), log_p, rtol=1e-4, atol=1e-4)
    assert [q.batch_shape for q in inference.posteriors] == [(1, 4, 5), (5,)]
    assert [p.batch_shape for p in inference.priors] == [(1, 4, 5), ()]


def test_decode_leads_where_inference_leads():
    vae, x = model(Ladder(example_levels())), data()
    inference = vae.latents.infer(vae.infer_parameters(x), noise_for(vae, 1, 5))
    assert vae.latents.decoder_shape == (7,)
    again = vae.latents.decoder_input(inference.z[0, 0], {})
    np.testing.assert_allclose(inference.path[0, 0], again, rtol=1e-5, atol=1e-6)
    p = vae.decode(inference.z[0, 0])
    log_likelihood = vae.trace(x, x, noise_for(vae, 1, 5)).log_likelihood[0, 0]
    np.testing.assert_allclose(p.log_prob(x), log_likelihood, rtol=1e-4)


def test_without_networks_the_decoder_reads_all_levels():
    latents = Ladder([Normal(3), Normal(2), Normal(1)])
    vae = model(latents)
    z = tf.random.stateless_normal([4, 6], (0, 0))
    np.testing.assert_array_equal(latents.decoder_input(z, {}), z)
    assert list(latents.noise()) == ["z_1", "z_2", "z_3"]
    assert [latents.noise()[name].shape for name in latents.noise()] == [(3,), (2,), (1,)]
    assert vae.latents.event_shape == (6,)


@pytest.mark.parametrize("place", ["down", "onward"])
def test_inference_and_generation_share_the_path(place):
    vae, x = model(Ladder(example_levels())), data()
    lower, upper = vae.latents.levels
    shared = lower.down if place == "down" else upper.onward
    z = vae.encode(x).mode()

    def seen():
        return [
            vae.encode(x).mode().numpy(),
            vae.prior.log_prob(z).numpy(),
            vae.sample(3, seed=0),
            vae.decode(z).mean().numpy(),
        ]

    before = seen()
    shared.kernel.assign(shared.kernel + 1.0)
    assert all(np.abs(a - b).max() > 1e-4 for a, b in zip(seen(), before, strict=True))
    # The uppermost level comes before the path.
    np.testing.assert_array_equal(vae.encode(x).mode()[:, 3:], z[:, 3:])


def test_each_level_reads_its_own_features():
    inputs = keras.Input(EVENT)
    flat = keras.layers.Flatten()(inputs)
    # The second of no weight: q of the uppermost level is the same for all examples.
    both = [flat, keras.layers.Dense(2, kernel_initializer="zeros")(flat)]
    vae = model(Ladder([Normal(3), Normal(2)]), encoder=keras.Model(inputs, both))
    mode = vae.encode(data()).mode().numpy()
    assert np.ptp(mode[:, 3:], axis=0).max() == 0.0
    assert np.ptp(mode[:, :3], axis=0).min() > 0.0


def test_the_uppermost_prior_draws_and_clusters():
    vae = model(Ladder(example_levels(), MixtureOfGaussians(4, spread=9.0, seed=1)))
    top = vae.latents.top
    noise = random.draw(vae.latents.generative_noise(), (50,), (3, 4))
    assert set(noise) == {"z_1", "component_2", "z_2"}
    component = np.arange(50) % 4
    cold = vae.latents.generate(noise, component, 0.0).numpy()
    np.testing.assert_allclose(cold[:, 3:], top.loc.numpy()[component])
    # Without noise the lower level is a function of the upper one.
    np.testing.assert_array_equal(cold[:4, :3], cold[4:8, :3])
    warm = vae.latents.generate(noise, component)
    shares = vae.latents.responsibilities(warm)
    np.testing.assert_allclose(shares, top.responsibilities(warm[:, 3:]))
    assert (np.argmax(shares, -1) == component).mean() > 0.9
    log_joint = vae.prior.component_log_prob(warm)
    np.testing.assert_allclose(tf.nn.softmax(log_joint), shares, atol=1e-4)


def test_the_uppermost_level_is_what_is_drawn_on_a_plane():
    vae, x = model(Ladder(example_levels(), MixtureOfGaussians(3))), data(20)
    points = project(vae, x)
    flat = model(Flat(Normal(2), MixtureOfGaussians(3)))
    upper = vae.encode(x).mode().numpy()[:, 3:]
    spread = np.linalg.svd(upper - upper.mean(0), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(points.means, axis=0), spread, rtol=1e-3)
    assert points.loc.shape == project(flat, x).loc.shape == (3, 2)


def test_a_discrepancy_is_that_of_all_levels():
    vae, x = model(Ladder(example_levels()), MMD(5.0)), data()
    noise = random.draw(vae.noise(), (1, 5), (1, 2))
    trace = vae.trace(x, x, noise)
    assert trace.prior_sample.shape == (5, 5)
    drawn = vae.latents.generate({name: noise[f"prior/{name}"][0] for name in ("z_1", "z_2")})
    np.testing.assert_array_equal(trace.prior_sample, drawn)
    assert np.isfinite(vae.objective.loss(trace)).all()


def test_adapt_starts_the_uppermost_prior():
    vae, x = model(Ladder(example_levels(), MixtureOfGaussians(2))), data(40)
    vae.adapt(x)
    upper = np.concatenate([vae.encode(x).sample(seed=seed).numpy()[:, 3:] for seed in range(200)])
    weights, loc = np.exp(vae.prior.log_weights()), vae.latents.top.loc.numpy()
    # One draw an example: five standard errors of their mean.
    spread = 5.0 * upper.std(0) / 40**0.5
    np.testing.assert_array_less(np.abs(weights @ loc - upper.mean(0)), spread)


def test_dropout_on_a_level_is_for_training_alone():
    def dropping():
        return keras.Sequential([network(6), keras.layers.Dropout(0.5)])

    levels = [
        Level(
            Normal(3), down=dropping(), prior=dropping(), posterior=dropping(), onward=dropping()
        ),
        Level(Normal(2), posterior=dropping(), onward=dropping()),
    ]
    vae, x = model(Ladder(levels)), tf.constant(data())
    noise = noise_for(vae, 1, 5)
    quiet = [vae.trace(x, x, noise).elbo.numpy() for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    loud = [vae.trace(x, x, noise, training=True).elbo.numpy() for _ in range(2)]
    assert np.abs(loud[0] - loud[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ladder([]), "list of one"),
        (lambda: Ladder(Normal(2)), "list of one"),
        (lambda: Ladder([Normal(2)], prior=Normal(2)), "uppermost level, must be a prior"),
        (lambda: Ladder([Normal(2), "level"]), "reparametrised sample"),
        (lambda: Level(tfvae.families.Bernoulli((2,))), "reparametrised sample"),
        (lambda: Level(Normal(2), down=lambda t: t), "`down` must be a Keras layer"),
        (lambda: Level(Normal(2), posterior=3), "`posterior` must be a Keras layer"),
    ],
)
def test_arguments_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (lambda: Ladder([Level(Normal(2), down=network(3))]), "`down` and `prior` out"),
        (lambda: Ladder([tfvae.families.FullNormal(2), Normal(2)]), "is a diagonal Gaussian"),
        (
            lambda: Ladder([Level(Normal(2), prior=keras.layers.Conv2D(2, 3)), Normal(2)]),
            "Level 1 of the ladder: The network `prior`",
        ),
        (
            lambda: Ladder(
                [
                    Level(
                        Normal(2),
                        down=keras.layers.Reshape((1, 1, 2)),
                        prior=keras.layers.Flatten(),
                    ),
                    Normal(2),
                ]
            ),
            "joined along their last axis",
        ),
    ],
)
def test_levels_that_do_not_fit(latents, message):
    with pytest.raises(ValueError, match=message):
        model(latents())


def test_features_of_the_wrong_number_are_refused():
    inputs = keras.Input(EVENT)
    flat = keras.layers.Flatten()(inputs)
    encoder = keras.Model(inputs, [flat, flat])
    with pytest.raises(ValueError, match="or a list of 3, one for each level"):
        model(Ladder([Normal(2), Normal(2), Normal(2)]), encoder=encoder)
    with pytest.raises(ValueError, match="must return one tensor of features"):
        model(Flat(Normal(2)), encoder=encoder)


@pytest.mark.parametrize("objective", [TotalCorrelation(10), DIP()])
def test_objectives_of_one_posterior_say_so(objective):
    vae, x = model(Ladder([Normal(3), Normal(2)]), objective), data()
    with pytest.raises(ValueError, match="one latent variable with a density, but the model has 2"):
        objective.loss(vae.trace(x, x, noise_for(vae, 1, 5)))
