"""The task of sequences, on a small model of small molecules; and the preset made by it."""

import itertools
from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest

import tfvae
from tfvae.zoo import data, list_presets, smiles, sources, tasks
from tfvae.zoo.card import card
from tfvae.zoo.publishing import publish, verify
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.tasks import sequences

LENGTH, PRESET = 6, "smiles_moses"
CHAINS = ["".join(chain) for size in (2, 3, 4) for chain in itertools.product("CNO", repeat=size)]
KNOWN = [
    "COC(=O)CNC(=O)c1cc(Br)ccn1",
    "CN1CCN(C(=O)c2ccccc2)CC1",
    "CC(C)(C)C(=O)C(Oc1ccc(Cl)cc1)n1ccnc1",
]


@dataclass(frozen=True, kw_only=True)
class Chains(sources.Source):
    """Chains of atoms; the held-out ones by turns of one part and of the other."""

    def load(self, name):
        x = smiles.encoded(CHAINS, LENGTH)
        arrays = {"x_train": x, "y_train": np.zeros(len(x)), "x_test": x[::2]}
        arrays["y_test"] = np.arange(len(arrays["x_test"])) % 2
        return sources.Loaded(arrays, "package", {"chains": "0" * 64})


def build(warmup_steps):
    return tfvae.models.SentenceVAE(
        keras.Sequential([keras.layers.Embedding(len(smiles.TOKENS), 4), keras.layers.Flatten()]),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        LENGTH,
        len(smiles.TOKENS),
        tfvae.priors.MixtureOfGaussians(2, restarts=1),
        units=8,
        network=keras.layers.GRU(8, return_sequences=True),
    )


RECIPE = Recipe(
    name="chains",
    data="chains",
    build=build,
    summary="A small model of chains.",
    prior="2 Gaussians",
    warmup_epochs=1,
    epochs=3,
    batch_size=32,
    learning_rate=3e-2,
    binarization="none",
    num_samples=3,
    seeds=(0,),
    validation=10,
    task=tasks.SequenceTask(examples=64),
)


@pytest.fixture(scope="module")
def small():
    """Chains in place of MOSES, and fewer samples."""
    with pytest.MonkeyPatch.context() as patch:
        found = Chains(licence="MIT", citation="nobody", class_names=("some", "others"))
        patch.setitem(sources.SOURCES, "chains", found)
        for name, value in {"SAMPLED": 50, "AT_ONCE": 20, "SCORED": 12, "SHOWN": 20}.items():
            patch.setattr(sequences, name, value)
        yield patch


@pytest.fixture(scope="module")
def published(small, tmp_path_factory):
    pytest.importorskip("rdkit.Chem", reason="the extra tfvae[molecules] is not installed")
    folder = tmp_path_factory.mktemp("zoo") / RECIPE.name
    return publish(RECIPE, tmp_path_factory.mktemp("runs"), folder, verbose=0)


def test_trained_held_out_and_test_molecules_are_apart(small):
    dataset = data.load("chains")
    x, y = RECIPE.task.training(RECIPE, dataset, 0)
    validation, test = RECIPE.task.held_out(RECIPE, dataset)
    trained, held = set(smiles.decoded(x)), set(smiles.decoded(validation))
    assert y is None and (len(trained), len(held)) == (64, 10)
    assert not trained & held
    assert set(smiles.decoded(test)) <= set(CHAINS[::4])
    assert len(test) == 12
    whole = replace(RECIPE, task=tasks.SequenceTask())
    assert len(whole.task.training(whole, dataset, 0)[0]) == len(CHAINS) - 10


def test_known_molecules_are_those_of_the_codes():
    known = sequences._Known(smiles.encoded(CHAINS, LENGTH))
    assert all(chain in known for chain in CHAINS)
    # Another molecule, one of another token, and one too long to be there.
    assert not any(other in known for other in ("CCCCC", "C[Si]", "C" * 7, ""))


def test_draws_do_not_depend_on_what_was_drawn_before(small):
    vae = build(1)
    first = sequences.drawn_tokens(vae, 30)
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(sequences.drawn_tokens(vae, 30), first)
    np.testing.assert_array_equal(sequences.drawn_tokens(vae, 20), first[:20])
    assert len(np.unique(first, axis=0)) > 20


def test_the_preset_can_be_verified_and_its_card_is_of_its_metadata(published, small):
    small.setattr("tfvae.zoo.publishing.find", lambda name: RECIPE)
    lines = []
    assert verify(str(published), lines.append), lines
    metadata = tfvae.zoo.read_preset(published).metadata
    page = (published / "README.md").read_text("utf-8")
    assert page == card(metadata)
    for row in RECIPE.task.rows:
        assert f"{row.sign * metadata['runs'][0]['scores'][row.key]:.{row.digits}f}" in page
    assert metadata["tokens"] == list(smiles.TOKENS) and metadata["trained_examples"] == 64
    for picture in ("samples.png", "latents.png"):
        assert (published / picture).read_bytes().startswith(b"\x89PNG")


def test_bits_a_token_count_the_end(published):
    scores = tfvae.zoo.read_preset(published).metadata["runs"][0]["scores"]
    test = RECIPE.task.held_out(RECIPE, data.load("chains"))[1]
    tokens = sum(len(smiles.tokens_of(molecule)) + 1 for molecule in smiles.decoded(test))
    nats = -scores["log_likelihood"] * len(test)
    assert scores["bits_per_token"] == pytest.approx(nats / np.log(2.0) / tokens)


def test_what_the_card_shows_as_use_runs(published, capsys):
    vae = tfvae.VAE.from_preset(published)
    # Its chains are no longer than six tokens.
    code = "\n".join(RECIPE.task.example({})).replace('"CC(=O)Nc1ccc(O)cc1"]', f'"CCO"], {LENGTH}')
    exec(code, {"vae": vae})
    assert capsys.readouterr().out.count("['") == 2


needs_preset = pytest.mark.skipif(PRESET not in list_presets(), reason="the preset is not bundled")


@pytest.fixture(scope="module")
def bundled():
    return tfvae.VAE.from_preset(PRESET)


@needs_preset
def test_the_bundled_model_reads_and_writes_molecules(bundled):
    x = smiles.encoded(KNOWN)
    assert bundled.reconstruct(x).shape == x.shape
    backwards = smiles.encoded(["".join(reversed(smiles.tokens_of(one))) for one in KNOWN])
    assert np.all(bundled.elbo(x, num_samples=8) > bundled.elbo(backwards, num_samples=8) + 10.0)
    assert all(smiles.decoded(bundled.sample(4, seed=1)))


@needs_preset
def test_most_of_its_samples_are_molecules(bundled):
    pytest.importorskip("rdkit.Chem", reason="the extra tfvae[molecules] is not installed")
    from tfvae.zoo import molecules

    validity = tfvae.zoo.info(PRESET)["runs"][0]["scores"]["validity"]
    found = smiles.decoded(sequences.drawn_tokens(bundled, 200))
    share = molecules.quality(found, ())["validity"]
    assert abs(share - validity) < 5.0 * np.sqrt(validity * (1.0 - validity) / 200) + 0.01


@pytest.mark.slow
@needs_preset
def test_the_bundled_model_exports_with_all_it_does(bundled, tmp_path):
    x = smiles.encoded(KNOWN * 4).astype("float32")
    for report in (
        tfvae.export.saved_model(bundled, tmp_path / "saved", x=x),
        tfvae.export.litert(bundled, tmp_path / "vae.tflite", x=x),
    ):
        assert not report.failures
        assert {"encode", "decode", "reconstruct", "sample", "elbo"} <= {
            row.endpoint for row in report.rows
        }
