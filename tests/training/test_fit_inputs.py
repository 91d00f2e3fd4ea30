"""Every kind of input that Keras knows gives the same training, and means what it means there."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.array_data import ArrayData
from tfvae.checking import Arrays
from tfvae.pipeline import Images


class InBatches(keras.utils.PyDataset):
    def __init__(self, *arrays, size=4):
        super().__init__()
        self.arrays, self.size = arrays, size

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return tuple(array[rows] for array in self.arrays)


def from_generator(*arrays):
    batches = InBatches(*arrays)
    return (batches[i % len(batches)] for i in range(1000))


def data_set(*arrays, size=4):
    slices = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(slices).batch(size)


KINDS = {
    "tensor": lambda x: (tf.constant(x), {}),
    "list": lambda x: (list(x), {}),
    "data set": lambda x: (data_set(x), {"batch_size": None}),
    "endless data set": lambda x: (data_set(x).repeat(), {"steps_per_epoch": 3}),
    "data set of unknown shape": lambda x: (
        tf.data.Dataset.from_generator(lambda: iter(InBatches(x)), output_types=(tf.float32,)),
        {"steps_per_epoch": 3},
    ),
    "PyDataset": lambda x: (InBatches(x), {"batch_size": None}),
    "generator": lambda x: (from_generator(x), {"steps_per_epoch": 3}),
    "generator of arrays": lambda x: ((b for (b,) in from_generator(x)), {"steps_per_epoch": 3}),
    "without channels": lambda x: (x[..., 0], {}),
    "data set without channels": lambda x: (data_set(x[..., 0]), {}),
    "float64": lambda x: (x.astype("float64"), {}),
    "data set of float64": lambda x: (data_set(x.astype("float64")), {}),
}


@pytest.fixture(scope="module")
def epoch_on_array(trained, x):
    return trained(x)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_input_train_alike(kind, trained, x, epoch_on_array, assert_same_weights):
    data, arguments = KINDS[kind](x)
    other = trained(data, **arguments)
    assert_same_weights(other, epoch_on_array)
    assert other.steps == 3


def whole(dtype):
    return (np.arange(160).reshape(10, 4, 4, 1) % 2).astype(dtype)


def test_whole_numbers_are_cast(trained, assert_same_weights):
    expected = trained(whole("float32"))
    for dtype in ("uint8", "bool", "int64", "float16"):
        assert_same_weights(trained(whole(dtype)), expected)
        assert_same_weights(trained(data_set(whole(dtype))), expected)


def by_hand(vae, x, target):
    """Rate and distortion of one evaluation, in NumPy, from the noise that it will draw."""
    seed = vae.evaluation_seed.state.numpy()
    noise = tfvae.random.draw(vae.latents.noise(), (1, len(x)), seed)["z"].numpy()[0]
    q = vae.encode(x)
    loc, scale = q.mean().numpy(), q.stddev().numpy()
    p = vae.decode(loc + scale * noise).mean().numpy()
    rate = 0.5 * (loc**2 + scale**2 - 1 - 2 * np.log(scale)).sum(axis=1)
    log_p = target * np.log(p) + (1 - target) * np.log1p(-p)
    return rate, -log_p.reshape(len(x), -1).sum(axis=1)


@pytest.fixture
def compiled(make_vae):
    vae = make_vae()
    vae.compile("sgd")
    return vae


def test_terms_are_nats_an_example_over_ragged_batches(compiled, x):
    rate, distortion = by_hand(compiled, x[:4], x[:4])
    report = compiled.evaluate(x[:4], batch_size=4, verbose=0, return_dict=True)
    np.testing.assert_allclose(report["rate"], rate.mean(), rtol=1e-5)
    np.testing.assert_allclose(report["distortion"], distortion.mean(), rtol=1e-5)
    np.testing.assert_allclose(report["elbo"], -(rate + distortion).mean(), rtol=1e-5)
    np.testing.assert_allclose(report["loss"], (rate + distortion).mean(), rtol=1e-5)
    parts = []
    state = compiled.evaluation_seed.state.numpy()
    for start in (0, 4, 8):
        parts += list(by_hand(compiled, x[start : start + 4], x[start : start + 4])[1])
        compiled.evaluation_seed.next()
    compiled.evaluation_seed.state.assign(state)
    values = compiled.evaluate(x, batch_size=4, verbose=0)
    assert isinstance(values, list)
    names = ["loss", "elbo", "rate", "distortion"]
    np.testing.assert_allclose(values[names.index("distortion")], np.mean(parts), rtol=1e-5)


def test_y_is_the_likelihoods_target(compiled, x):
    clean = (x > 0.5).astype("float32")
    _, distortion = by_hand(compiled, x, clean)
    report = compiled.evaluate(x, clean, batch_size=16, verbose=0, return_dict=True)
    np.testing.assert_allclose(report["distortion"], distortion.mean(), rtol=1e-5)


def test_a_noisy_x_may_leave_the_support_when_y_does_not(trained, x, assert_same_weights):
    noisy = x + np.random.default_rng(1).normal(size=x.shape).astype("float32")
    expected = trained(noisy, x)
    assert_same_weights(trained(data_set(noisy, x)), expected)
    assert_same_weights(trained(InBatches(noisy, x), batch_size=None), expected)
    assert_same_weights(trained(Images(noisy), x[..., 0]), expected)


def test_a_weight_of_zero_is_as_good_as_absence(trained, x, assert_same_weights):
    weights = np.array([1, 1, 0, 0], "float32")
    spoilt = np.where(weights[:, None, None, None] > 0, x[:4], 0.123)
    expected = trained(x[:2])
    assert_same_weights(trained(spoilt, sample_weight=weights), expected)
    assert_same_weights(trained(data_set(spoilt, spoilt, weights)), expected)
    assert_same_weights(trained(data_set(spoilt, spoilt, weights[:, None])), expected)
    assert_same_weights(trained(InBatches(spoilt, spoilt, weights), batch_size=None), expected)


def test_weights_multiply_the_loss(make_vae, x):
    weights = np.array([2.0, 0.5, 1.0, 0.0], "float32")
    vae = make_vae()
    vae.compile("sgd")
    rate, distortion = by_hand(vae, x[:4], x[:4])
    report = vae.evaluate(x[:4], batch_size=4, sample_weight=weights, verbose=0, return_dict=True)
    # The loss as Keras has it, over the three that count; the terms as weighted means.
    np.testing.assert_allclose(report["loss"], weights @ (rate + distortion) / 3, rtol=1e-5)
    np.testing.assert_allclose(report["rate"], weights @ rate / weights.sum(), rtol=1e-5)


def test_twice_the_weight_is_twice_the_gradient(trained, make_vae, x):
    start = make_vae().get_weights()
    once, twice = (trained(x[:4], sample_weight=np.full(4, w)) for w in (1.0, 2.0))
    for before, one, two in zip(start, once.weights, twice.weights, strict=True):
        np.testing.assert_allclose(two - before, 2 * (one - before), atol=1e-6)


def test_weights_reach_what_is_averaged_over_the_batch(make_vae, x):
    # A floor too low to matter leaves the gradient as it is, weights or not.
    weights = np.array([2.0, 0.5, 1.0, 0.0], "float32")
    models = []
    for bits in (0.0, 1e-9):
        vae = make_vae(objective=tfvae.objectives.ELBO(free_bits=bits))
        vae.compile(keras.optimizers.SGD(0.1))
        vae.train_on_batch(x[:4], sample_weight=weights)
        models.append(vae.get_weights())
    for one, other in zip(*models, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_validation_split_takes_the_end(trained, x):
    weights = np.linspace(0.5, 1.5, 10, dtype="float32")
    split = trained(x, x, sample_weight=weights, validation_split=0.2)
    data = (x[8:], x[8:], weights[8:])
    given = trained(x[:8], x[:8], sample_weight=weights[:8], validation_data=data)
    assert split.history == given.history
    assert len(split.history["val_elbo"]) == 1


VALIDATION = {
    "one-tuple": lambda x: (x,),
    "x and y": lambda x: (x, x),
    "list": lambda x: [x, x],
    "with weights": lambda x: (x, x, np.ones(10)),
    "Images": Images,
    "data set": data_set,
    "PyDataset": InBatches,
    "without channels": lambda x: x[..., 0],
}


@pytest.fixture(scope="module")
def validated_on_array(trained, x):
    return trained(x, validation_data=x).history


@pytest.mark.parametrize("form", VALIDATION)
def test_forms_of_validation_data(form, trained, x, validated_on_array):
    history = trained(x, validation_data=VALIDATION[form](x)).history
    assert validated_on_array.keys() == history.keys()
    for name, value in validated_on_array.items():
        np.testing.assert_allclose(history[name], value, rtol=1e-5)


def test_validation_has_its_own_batch_size_steps_and_frequency(compiled, x):
    history = compiled.fit(
        x,
        verbose=0,
        epochs=4,
        validation_data=(x,),
        validation_batch_size=2,
        validation_steps=3,
        validation_freq=2,
    ).history
    assert len(history["val_loss"]) == 2
    # Three batches an evaluation, two evaluations.
    assert compiled.evaluation_seed.state.numpy()[1] == 6


def test_steps_per_epoch_only_cuts_the_stream_into_epochs(trained, x, assert_same_weights):
    arguments = {"batch_size": 2, "shuffle": True}
    expected = trained(x, epochs=4, **arguments)
    for steps, epochs in ((2, 10), (4, 5), (10, 2)):
        other = trained(x, epochs=epochs, steps_per_epoch=steps, **arguments)
        assert_same_weights(other, expected)


def test_one_fit_of_four_epochs_is_four_of_one(trained, x, make_vae, assert_same_weights):
    expected = trained(x, epochs=4, shuffle=True)
    other = make_vae()
    other.compile(keras.optimizers.SGD(0.1))
    for _ in range(4):
        other.fit(x, verbose=0, batch_size=4)
    assert_same_weights(other, expected)


def read(data, epoch=0):
    """Which examples are in each batch of an epoch: their number is their value."""
    data.start_epoch(epoch * data.length)
    return [batch[0].numpy().ravel().astype(int) for batch in data.dataset()]


def numbered(n, **arguments):
    return ArrayData(
        Arrays(Images(np.arange(n, dtype="float32")[:, None]), {}, None, None), **arguments
    )


def test_an_epoch_has_each_example_once_in_a_new_order():
    data = numbered(10, batch_size=4, pad=False, seed=3)
    epochs = [np.concatenate(read(data, epoch)) for epoch in (0, 1, 0)]
    for order in epochs:
        assert sorted(order) == list(range(10))
    assert epochs[0].tolist() == epochs[2].tolist() != epochs[1].tolist()
    other = numbered(10, batch_size=4, pad=False, seed=4)
    assert np.concatenate(read(other)).tolist() != epochs[0].tolist()


def test_without_shuffling_the_order_is_that_of_the_array():
    assert [list(batch) for batch in read(numbered(5, batch_size=2, pad=False))] == [
        [0, 1],
        [2, 3],
        [4],
    ]


@pytest.mark.parametrize(("n", "size"), [(10, 4), (4, 4), (3, 8), (1, 1)])
def test_a_batch_is_filled_up_by_examples_that_do_not_count(n, size):
    data = numbered(n, batch_size=size, seed=0)
    batches = list(data.dataset())
    assert {len(x) for x, _, _ in batches} == {min(n, size)}
    counted = np.concatenate([x.numpy().ravel()[w["real"].numpy() > 0] for x, _, w in batches])
    assert sorted(counted) == list(range(n))
    for _, _, weights in batches:
        np.testing.assert_allclose(weights["share"].numpy().sum(), 1.0, rtol=1e-6)
        np.testing.assert_array_equal(weights["weight"], weights["real"].numpy())


def test_train_on_batch_is_a_step_of_fit(trained, make_vae, x, assert_same_weights):
    vae = make_vae()
    vae.compile(keras.optimizers.SGD(0.1))
    forms = (x[:4], x[:4, ..., 0], Images(x[:4]), tf.constant(x[:4]))
    for form in forms:
        logs = vae.train_on_batch(form, return_dict=True)
    expected = trained(x[:4], epochs=len(forms))
    assert_same_weights(vae, expected)
    np.testing.assert_allclose(logs["loss"], expected.history["loss"][-1], rtol=1e-6)


def test_train_on_batch_after_fit_chose_many_steps_a_launch(compiled, x):
    compiled.fit(x, batch_size=1, epochs=1, verbose=0, steps_per_epoch=24)
    assert compiled.steps_per_execution == 2
    compiled.train_on_batch(x)
    assert compiled.steps_taken() == 25


def test_test_on_batch_is_evaluate(compiled, x):
    state = compiled.evaluation_seed.state.numpy()
    expected = compiled.evaluate(x, batch_size=10, verbose=0, return_dict=True)
    compiled.evaluation_seed.state.assign(state)
    found = compiled.test_on_batch(x, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-6)


def test_users_metrics_see_each_example_once(make_vae, x):
    vae = make_vae()
    metrics = {"metrics": ["mse"], "weighted_metrics": [keras.metrics.MeanSquaredError("wmse")]}
    vae.compile(keras.optimizers.SGD(0.0), **metrics)
    weights = np.linspace(0.1, 1.0, 10, dtype="float32")
    errors = []
    for start in (0, 4, 8):
        part = x[start : start + 4]
        noise = vae.evaluation_seed.next()
        z = tfvae.random.draw(vae.latents.noise(), (1, len(part)), noise)["z"].numpy()[0]
        q = vae.encode(part)
        mean = vae.decode(q.mean().numpy() + q.stddev().numpy() * z).mean().numpy()
        errors += list(((mean - part) ** 2).mean(axis=(1, 2, 3)))
    vae.evaluation_seed.state.assign(vae.evaluation_seed.state.numpy() - np.uint32([0, 3]))
    # Without the axis of channels, a difference of shapes would broadcast to something else.
    report = vae.evaluate(
        x[..., 0], sample_weight=weights, batch_size=4, verbose=0, return_dict=True
    )
    np.testing.assert_allclose(report["mse"], np.mean(errors), rtol=1e-5)
    np.testing.assert_allclose(report["wmse"], weights @ errors / weights.sum(), rtol=1e-5)
    history = vae.fit(data_set(x[..., 0]), verbose=0, validation_data=x).history
    assert {"mse", "val_mse", "wmse", "val_wmse"} <= set(history)


def test_predict_takes_what_fit_takes(compiled, x):
    expected = compiled.reconstruct(x)
    for form in (x, data_set(x), InBatches(x), x[..., 0]):
        np.testing.assert_allclose(compiled.predict(form, verbose=0), expected, atol=1e-6)


def test_the_users_arrays_stay_as_they_are(trained, x):
    flat = x[..., 0].copy()
    images = Images(flat)
    trained(images, validation_data=(images, flat))
    assert images.x.shape == flat.shape == (10, 4, 4)
    np.testing.assert_array_equal(flat, x[..., 0])
