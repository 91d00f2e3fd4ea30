"""What cannot be worked with is refused in our words, before any step, and changes nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.pipeline import Images

EVENT = (4, 4, 1)
GOOD = np.random.default_rng(0).uniform(size=(8, *EVENT)).astype("float32")


def build(**parts):
    given = {
        "encoder": tfvae.encoders.MLP((4,)),
        "decoder": tfvae.decoders.MLP((4,)),
        "posterior": tfvae.families.DiagonalNormal(2),
        "likelihood": tfvae.families.Bernoulli(EVENT),
        **parts,
    }
    return tfvae.VAE(**given)


@pytest.fixture(scope="module")
def vae():
    vae = build(prior=tfvae.priors.MixtureOfGaussians(3))
    vae.compile(keras.optimizers.SGD(0.1))
    return vae


@pytest.fixture
def untouched(vae):
    """The model, of which nothing may have changed after the test."""
    before = [variable.numpy() for variable in [*vae.variables, *vae.optimizer.variables]]
    yield vae
    after = [variable.numpy() for variable in [*vae.variables, *vae.optimizer.variables]]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def spoilt(value, place=(5, 1, 2, 0)):
    x = GOOD.copy()
    x[place] = value
    return x


BAD_DATA = {
    "NaN": (spoilt(np.nan), r"not finite: nan at \[5, 1, 2, 0\]"),
    "infinity": (spoilt(np.inf), r"not finite: inf at \[5, 1, 2, 0\]"),
    "bytes": (np.round(GOOD * 255).astype("uint8"), r"from 0 to 1.*go from .* to .*divide by 255"),
    "negative": (spoilt(-0.1), "go from -0.1 to"),
    "rank": (GOOD[:, 0, 0, 0], r"at least one more, but has shape \(8,\)"),
    "flat": (GOOD.reshape(8, 16), r"shape \(16,\), but .* events of shape \(4, 4, 1\)"),
    "other size": (GOOD[:, :3], r"shape \(3, 4, 1\), but .* \(4, 4, 1\)"),
    "three channels": (np.repeat(GOOD, 3, axis=-1), r"shape \(4, 4, 3\)"),
    "one example": (GOOD[0], r"shape \(4, 1\)"),
    "empty": (GOOD[:0], r"empty: its shape is \(0, 4, 4, 1\)"),
    "strings": (GOOD.astype(str), "must be an array of numbers, but has dtype <U"),
    "objects": (GOOD.astype(object), "must be an array of numbers, but has dtype object"),
    "complex": (GOOD.astype(complex), "has dtype complex128"),
    "ragged list": ([np.zeros([4, 4]), np.zeros([3, 4])], "differ in shape.*np.stack"),
    "scalar": (np.float32(0.5), r"shape \(\)"),
}

VERBS = {
    "fit": lambda vae, x: vae.fit(x, verbose=0),
    "evaluate": lambda vae, x: vae.evaluate(x, verbose=0),
    "train_on_batch": lambda vae, x: vae.train_on_batch(x),
    "test_on_batch": lambda vae, x: vae.test_on_batch(x),
    "validation_data": lambda vae, x: vae.fit(GOOD, verbose=0, validation_data=(x,)),
    "target": lambda vae, x: vae.fit(GOOD, x, verbose=0),
    "validation target": lambda vae, x: vae.fit(GOOD, verbose=0, validation_data=(GOOD, x)),
    "elbo": lambda vae, x: vae.elbo(x),
    "log_likelihood": lambda vae, x: vae.log_likelihood(x, num_samples=2),
    "anomaly_score": lambda vae, x: vae.anomaly_score(x),
    "adapt": lambda vae, x: vae.adapt(x),
    "data set": lambda vae, x: vae.fit(data_set(x), verbose=0),
    "validation data set": lambda vae, x: vae.fit(GOOD, verbose=0, validation_data=data_set(x)),
    "PyDataset": lambda vae, x: vae.fit(Whole(x), verbose=0),
    "generator": lambda vae, x: vae.fit(iterate(x), verbose=0, steps_per_epoch=1),
}


class Whole(keras.utils.PyDataset):
    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.arrays


def data_set(*arrays, size=8):
    slices = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(slices).batch(size)


def iterate(*arrays):
    yield arrays


@pytest.mark.parametrize("fault", BAD_DATA)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "elbo", "validation_data"])
def test_data_that_no_likelihood_is_over(fault, verb, untouched):
    data, message = BAD_DATA[fault]
    with pytest.raises(ValueError, match=message):
        VERBS[verb](untouched, data)


@pytest.mark.parametrize("verb", VERBS)
def test_every_way_in_is_guarded(verb, untouched):
    with pytest.raises(ValueError, match="For images of bytes, divide by 255"):
        VERBS[verb](untouched, (GOOD * 255).astype("float32"))
    with pytest.raises(ValueError, match=r"events of\s+shape \(4, 4, 1\)"):
        VERBS[verb](untouched, GOOD.reshape(8, 16))
    with pytest.raises(ValueError, match="not finite: nan"):
        VERBS[verb](untouched, spoilt(np.nan))


@pytest.mark.parametrize("verb", ["encode", "reconstruct", "cluster", "responsibilities"])
def test_what_is_only_encoded_may_leave_the_support_but_not_the_numbers(verb, untouched):
    function = getattr(untouched, verb)
    with pytest.raises(ValueError, match="not finite: nan"):
        function(spoilt(np.nan))
    with pytest.raises(ValueError, match=r"events of\s+shape \(4, 4, 1\)"):
        function(GOOD.reshape(8, 16))
    function(GOOD - 0.5)


def test_a_bad_value_late_in_a_data_set_stops_a_launch_of_many_steps(untouched):
    batches = data_set(spoilt(np.nan, (0, 0, 0, 0)), size=1).repeat(3)
    with pytest.raises(ValueError, match=r"not finite: nan at \[0, 0, 0, 0\]"):
        untouched.fit(batches, verbose=0)
    assert untouched.steps_per_execution == 2


FITS = {
    "no data": (lambda v: v.fit(verbose=0), "must be an array.*but is missing"),
    "dict": (lambda v: v.fit({"x": GOOD, "y": GOOD}, verbose=0), "reads no 'y': beside x"),
    "dict without x": (lambda v: v.fit({"z": GOOD}, verbose=0), "need an entry 'x'"),
    "number": (lambda v: v.fit(3, verbose=0), "must be an array.*of type int"),
    "path": (lambda v: v.fit("mnist.npz", verbose=0), "must be an array.*of type str"),
    "iterator": (lambda v: v.fit(iter([GOOD]), verbose=0), "must be an array"),
    "single examples": (
        lambda v: v.fit(tf.data.Dataset.from_tensor_slices(GOOD), verbose=0),
        r"single examples, of shape \(4, 4, 1\): add `.batch",
    ),
    "empty data set": (lambda v: v.fit(data_set(GOOD).take(0), verbose=0), "empty.*data set"),
    "data set of strings": (
        lambda v: v.fit(data_set(GOOD.astype(str)), verbose=0),
        "must be numbers, but has dtype string",
    ),
    "data set of dicts": (
        lambda v: v.fit(data_set({"x": GOOD, "z": GOOD}), verbose=0),
        "reads no 'z': beside x",
    ),
    "labels": (lambda v: v.fit(GOOD, np.arange(8), verbose=0), "leave it out to train on `x`"),
    "labels in a data set": (
        lambda v: v.fit(data_set(GOOD, np.arange(8)), verbose=0),
        r"`y` of the data set has batches of shape \(None,\)",
    ),
    "y beside a data set": (
        lambda v: v.fit(data_set(GOOD), GOOD, verbose=0),
        r"let it yield `\(x, y\)`",
    ),
    "fewer targets": (lambda v: v.fit(GOOD, GOOD[:7], verbose=0), "has 8 examples, but `y` has 7"),
    "dynamic targets": (
        lambda v: v.fit(GOOD, Images(GOOD, "dynamic"), verbose=0),
        "read as it is.*'dynamic'",
    ),
    "fewer weights": (
        lambda v: v.fit(GOOD, sample_weight=np.ones(7), verbose=0),
        "`sample_weight` has 7",
    ),
    "weights of pixels": (
        lambda v: v.fit(GOOD, sample_weight=np.ones([8, 4, 4]), verbose=0),
        r"one number an example, shape \[N\], but has shape \(8, 4, 4\)",
    ),
    "weights of pixels in a data set": (
        lambda v: v.fit(data_set(GOOD, GOOD, GOOD), verbose=0),
        r"one number an example, shape \[N\], but have shape",
    ),
    "weights of NaN": (
        lambda v: v.fit(GOOD, sample_weight=np.full(8, np.nan), verbose=0),
        "NaN or infinite",
    ),
    "weights of zero": (
        lambda v: v.fit(GOOD, sample_weight=np.zeros(8), verbose=0),
        "zero for every example",
    ),
    "weights of strings": (
        lambda v: v.fit(GOOD, sample_weight=["a"] * 8, verbose=0),
        "`sample_weight` must be numbers",
    ),
    "class_weight": (
        lambda v: v.fit(GOOD, class_weight={0: 1.0}, verbose=0),
        "use `sample_weight`",
    ),
    "batch_size": (
        lambda v: v.fit(GOOD, batch_size=0, verbose=0),
        "`batch_size` must be a whole number of at least 1, but is 0",
    ),
    "batch_size of a half": (
        lambda v: v.fit(GOOD, batch_size=2.5, verbose=0),
        "`batch_size` must be a whole number.*2.5",
    ),
    "epochs": (
        lambda v: v.fit(GOOD, epochs=-1, verbose=0),
        "`epochs` must be a whole number of at least 0, but is -1",
    ),
    "epochs as a string": (lambda v: v.fit(GOOD, epochs="5", verbose=0), "`epochs` must be"),
    "initial_epoch": (
        lambda v: v.fit(GOOD, initial_epoch=-1, verbose=0),
        "`initial_epoch` must be",
    ),
    "steps_per_epoch": (
        lambda v: v.fit(GOOD, steps_per_epoch=0, verbose=0),
        "`steps_per_epoch` must be a whole number of at least 1, but is 0",
    ),
    "validation_split": (
        lambda v: v.fit(GOOD, validation_split=1.0, verbose=0),
        "leaves no examples on one side, out of 8",
    ),
    "validation_split of a data set": (
        lambda v: v.fit(data_set(GOOD), validation_split=0.2, verbose=0),
        "give `validation_data`",
    ),
    "empty PyDataset": (
        lambda v: v.fit(type("None_", (Whole,), {"__len__": lambda self: 0})(GOOD), verbose=0),
        "empty: it is a PyDataset without batches",
    ),
}


@pytest.mark.parametrize("fault", FITS)
def test_arguments_of_fit(fault, untouched):
    run, message = FITS[fault]
    with pytest.raises(ValueError, match=message):
        run(untouched)


COMPILES = {
    "loss": ({"loss": "mse"}, "no `loss` argument.*`objective`"),
    "steps": ({"steps_per_execution": 0}, "at least 1, but is 0"),
    "jit": ({"jit_compile": "yes"}, "must be True, False or 'auto'"),
}


@pytest.mark.parametrize("fault", COMPILES)
def test_arguments_of_compile(fault, untouched):
    arguments, message = COMPILES[fault]
    optimizer = untouched.optimizer
    with pytest.raises(ValueError, match=message):
        untouched.compile("adam", **arguments)
    assert untouched.optimizer is optimizer


def test_training_before_compiling():
    vae = build()
    for run in (vae.fit, vae.evaluate, vae.train_on_batch, vae.test_on_batch):
        with pytest.raises(ValueError, match=r"call `compile\(\)` before"):
            run(GOOD)


ARGUMENTS = {
    "num_samples": (lambda v: v.elbo(GOOD, num_samples=0), "`num_samples`.*at least 1, but is 0"),
    "k": (lambda v: v.log_likelihood(GOOD, num_samples=-1), "`num_samples`.*but is -1"),
    "batch_size": (lambda v: v.encode(GOOD, batch_size=0), "`batch_size`.*but is 0"),
    "n": (lambda v: v.sample(0), "`n` must be"),
    "n of samples in a batch": (lambda v: v.sample(2, batch_size=0), "`batch_size`.*but is 0"),
    "seed": (lambda v: v.sample(2, seed=2**40), r"Try seed % 2\*\*31"),
    "seed of a half": (lambda v: v.sample(2, seed=0.5), "must be an integer"),
    "seed of elbo": (lambda v: v.elbo(GOOD, seed=-(2**33)), "must be an integer"),
    "component": (lambda v: v.sample(2, component=3), "from 0 to 2, but 3"),
    "negative component": (lambda v: v.sample(2, component=-1), "from 0 to 2, but -1"),
    "components": (lambda v: v.sample(2, component=[0, 1, 2]), "whole number, or 2 of them"),
    "component of a half": (lambda v: v.sample(2, component=0.5), "whole number"),
    "temperature": (lambda v: v.sample(2, temperature=-1.0), "`temperature` must be"),
    "temperature of nothing": (lambda v: v.sample(2, temperature="hot"), "`temperature` must be"),
    "latents": (lambda v: v.decode(np.zeros([5, 3])), r"shape \(3,\).*latents.*shape \(2,\)"),
    "one latent": (lambda v: v.decode(np.zeros([2])), r"shape \(2,\)"),
    "latents of NaN": (lambda v: v.decode(np.full([5, 2], np.nan)), "not finite: nan"),
    "no latents": (lambda v: v.decode(np.zeros([0, 2])), "empty"),
    "latents as strings": (lambda v: v.decode([["a", "b"]]), "must be an array of numbers"),
    "binarization": (lambda v: Images(GOOD, "sometimes"), "one of .*'sometimes'"),
    "bytes": (lambda v: Images(GOOD * 255, "fixed"), "divide by 255"),
    "image seed": (lambda v: Images(GOOD, "fixed", seed=-1), "`seed` must be a whole number from"),
    "images of NaN": (lambda v: Images(spoilt(np.nan), "dynamic"), "not finite: nan"),
    "too few to adapt to": (lambda v: v.adapt(GOOD[:2]), "cannot start from 2 examples"),
}


@pytest.mark.parametrize("fault", ARGUMENTS)
def test_arguments_of_verbs(fault, untouched):
    run, message = ARGUMENTS[fault]
    with pytest.raises(ValueError, match=message):
        run(untouched)


def test_verbs_that_need_components():
    vae = build()
    for run in (vae.cluster, vae.responsibilities):
        with pytest.raises(ValueError, match="needs a model with components"):
            run(GOOD)
    with pytest.raises(ValueError, match="needs a model with components"):
        vae.sample(2, component=0)


layers = keras.layers
SIZES = {
    "latent_size": (lambda: tfvae.families.DiagonalNormal(0), "`latent_size`.*at least 1"),
    "negative latent_size": (lambda: tfvae.families.FullNormal(-2), "`latent_size`.*but is -2"),
    "latent_size of a half": (lambda: tfvae.families.FullNormal(2.5), "`latent_size`.*but is 2.5"),
    "components": (lambda: tfvae.priors.MixtureOfGaussians(0), "`num_components`.*at least 1"),
    "negative components": (lambda: tfvae.priors.MixtureOfGaussians(-3), "but is -3"),
    "event": (lambda: tfvae.families.Bernoulli((28, 0)), "`event_shape`.*but is 0"),
    "empty event": (lambda: tfvae.families.Bernoulli(()), "at least one size"),
    "hidden": (lambda: tfvae.encoders.MLP((8, 0)), "`hidden`.*but is 0"),
    "hidden as a number": (lambda: tfvae.encoders.MLP(8), r"such as `\(8,\)`"),
    "channels": (lambda: tfvae.encoders.Conv((-4,)), "`channels`.*but is -4"),
    "scale": (lambda: tfvae.families.Normal((4,), scale=0.0), "`scale` must be"),
    "beta": (lambda: tfvae.objectives.ELBO(beta=-1.0), "`beta` must be"),
    "num_samples": (lambda: tfvae.objectives.IWAE(0), "`num_samples`.*but is 0"),
    "warm-up": (lambda: tfvae.objectives.Warmup(0), "`steps`.*but is 0"),
}
PARTS = {
    "function as encoder": (
        lambda: build(encoder=lambda x: x),
        "`encoder` must be a Keras layer or model, but is <function",
    ),
    "string as decoder": (lambda: build(decoder="mlp"), "`decoder` must be a Keras layer"),
    "no encoder": (lambda: build(encoder=None), "`encoder` must be a Keras layer"),
    "class as encoder": (lambda: build(encoder=layers.Flatten), "`encoder` must be a Keras layer"),
    "encoder of another shape": (
        lambda: build(encoder=keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten()])),
        r"encoder .* does not accept input of shape \(None, 4, 4, 1\)",
    ),
    "decoder of another shape": (
        lambda: build(decoder=keras.Sequential([keras.Input((3,)), layers.Dense(4)])),
        r"decoder .* does not accept input of shape \(None, 2\), that of the latents",
    ),
    "convolutions on vectors": (
        lambda: build(
            encoder=tfvae.encoders.Conv((4,)), likelihood=tfvae.families.Bernoulli((16,))
        ),
        "convolutional encoder reads images",
    ),
    "decoder that feeds no image": (
        lambda: build(decoder=keras.Sequential([layers.Dense(12), layers.Reshape((3, 2, 2))])),
        r"The decoder's output cannot feed the likelihood.*\(4, 4, 1\).*\(3, 2, 2\)",
    ),
    "encoder that feeds no vector": (
        lambda: build(encoder=layers.Identity()),
        "The encoder's output cannot feed the posterior",
    ),
    "encoder of two outputs": (
        lambda: build(encoder=two_outputs()),
        "must return one tensor of features",
    ),
    "posterior": (lambda: build(posterior="normal"), "`posterior` must be a family"),
    "posterior that cannot be sampled": (
        lambda: build(posterior=tfvae.families.Bernoulli((2,))),
        "reparametrised sample",
    ),
    "likelihood": (lambda: build(likelihood=keras.losses.MeanSquaredError()), "`likelihood` must"),
    "prior": (lambda: build(prior="mixture"), "`prior` must be a prior"),
    "objective": (lambda: build(objective="elbo"), "`objective` must be an objective"),
    "no posterior": (lambda: build(posterior=None), "exactly one of the two"),
    "float types": (
        lambda: build(likelihood=tfvae.families.Bernoulli(EVENT, dtype="float64")),
        "one float type",
    ),
}


def two_outputs():
    inputs = keras.Input(EVENT)
    flat = layers.Flatten()(inputs)
    return keras.Model(inputs, [flat, flat])


@pytest.mark.parametrize("fault", [*SIZES, *PARTS])
def test_parts_that_make_no_model(fault):
    make, message = {**SIZES, **PARTS}[fault]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("size", [0, 10, 0.5, 0.99])
def test_a_file_cut_short_says_so(size, untouched, tmp_path):
    whole = tmp_path / "vae.keras"
    untouched.save(whole)
    cut = tmp_path / "cut.keras"
    content = whole.read_bytes()
    cut.write_bytes(content[: size if isinstance(size, int) else int(size * len(content))])
    with pytest.raises(ValueError, match=r"cut\.keras is cut short .* Copy the file again"):
        tfvae.VAE.load(cut)
    with pytest.raises(ValueError, match=r"cut\.keras"):
        keras.saving.load_model(cut)


def test_a_file_altered_says_so(untouched, tmp_path):
    path = tmp_path / "vae.keras"
    untouched.save(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"model.weights.h5") + 2000
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"altered: model\.weights\.h5 cannot be read"):
        tfvae.VAE.load(path)


def test_a_file_of_another_model_says_so(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(tmp_path / "net.keras")
    with pytest.raises(ValueError, match="holds a Sequential, not a VAE"):
        tfvae.VAE.load(tmp_path / "net.keras")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        tfvae.VAE.load(tmp_path / "none.keras")


def test_resume_where_it_cannot_write(untouched, tmp_path):
    (tmp_path / "file").write_text("")
    resume = tfvae.callbacks.Resume(tmp_path / "file" / "run")
    with pytest.raises(ValueError, match="cannot keep its state in .*file/run"):
        untouched.fit(GOOD, verbose=0, callbacks=[resume])
    with pytest.raises(ValueError, match="`every` must be"):
        tfvae.callbacks.Resume(tmp_path, every=0)
