"""Counts of cells as a task: what is read of them, and how a model of them is scored."""

import hashlib
import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import special, stats
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KNeighborsClassifier

import tfvae
from tests.zoo.h5ad import KINDS, cells, h5ad
from tfvae.zoo import DataError, data
from tfvae.zoo.cells import read_cells, stored_values
from tfvae.zoo.recipe import Recipe
from tfvae.zoo.sources import SOURCES
from tfvae.zoo.sources.cells import PBMC_FILE, decode_cells
from tfvae.zoo.sources.wheels import WheelSource
from tfvae.zoo.tasks import CountsTask
from tfvae.zoo.tasks.baselines import independent_counts
from tfvae.zoo.training import train

GENES, NAME = 12, "small_cells"
FILE = "things/small.h5ad"


def build(warmup_steps: int) -> tfvae.VAE:
    return tfvae.VAE(
        tfvae.encoders.LogCounts(tfvae.encoders.MLP((8,))),
        tfvae.decoders.MLP((8,)),
        tfvae.families.DiagonalNormal(2),
        tfvae.families.NegativeBinomial((GENES,), library_size=True),
        tfvae.priors.MixtureOfGaussians(3),
    )


RECIPE = Recipe(
    name="small_counts",
    data=NAME,
    build=build,
    summary="Cells.",
    prior="3 Gaussians",
    warmup_epochs=1,
    epochs=2,
    batch_size=32,
    learning_rate=1e-3,
    binarization="none",
    # Of fewer than ten nothing is said of how far they can be trusted.
    num_samples=9,
    seeds=(0,),
    validation=10,
    task=CountsTask(),
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, np.ndarray]:
    """Cells that the zoo knows under `NAME`, out of a wheel that the data folder holds."""
    made = cells(120, GENES)
    content = h5ad(**made)
    source = WheelSource(
        licence="MIT",
        citation="nobody",
        class_names=tuple(kind.decode() for kind in KINDS),
        package="things",
        version="1",
        files={FILE: hashlib.sha256(content).hexdigest()},
        decode=decode_cells,
    )
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / source.wheel, "w") as wheel:
        wheel.writestr(FILE, content)
    monkeypatch.setenv("TFVAE_DATA", str(tmp_path))
    monkeypatch.setitem(SOURCES, NAME, source)
    return made


def test_a_fifth_of_each_kind_is_the_test_set(made: dict[str, np.ndarray]) -> None:
    dataset = data.load(NAME)
    kinds, sizes = np.unique(made["labels"], return_counts=True)
    assert [int((dataset.y_test == kind).sum()) for kind in kinds] == [
        round(size / 5) for size in sizes
    ]
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert sorted(map(tuple, both)) == sorted(map(tuple, made["counts"].astype(float)))
    assert dataset.columns == tuple(f"GENE{gene}" for gene in range(GENES))
    assert dataset.x_train.dtype == np.float32 and dataset.source == "folder"


def test_a_model_reads_how_many_counts_a_cell_has(made: dict[str, np.ndarray]) -> None:
    dataset, task = data.load(NAME), RECIPE.task
    x, y = task.training(RECIPE, dataset, 0)
    validation, test = task.held_out(RECIPE, dataset)
    assert y is None
    np.testing.assert_array_equal(x["x"], dataset.x_train[:-10])
    np.testing.assert_array_equal(validation["x"], dataset.x_train[-10:])
    for part in (x, validation, test):
        np.testing.assert_array_equal(part["library_size"], part["x"].sum(axis=1))


def test_a_trained_model_is_scored_on_test_cells(
    made: dict[str, np.ndarray], tmp_path: Path
) -> None:
    vae = train(RECIPE, 0, tmp_path / "run", verbose=0)
    dataset, task = data.load(NAME), RECIPE.task
    median = np.median(dataset.x_train[:-10].sum(axis=1))
    assert float(vae.likelihood.usual_library_size.numpy()) == median
    found = task.scores(RECIPE, vae, dataset)
    test = {"x": dataset.x_test, "library_size": dataset.x_test.sum(axis=1)}
    likelihood = float(np.mean(vae.log_likelihood(test, num_samples=9, seed=0)))
    assert found["log_likelihood"] == pytest.approx(likelihood, abs=1e-4)
    assert found["elbo"] == pytest.approx(-found["rate"] - found["distortion"], abs=1e-3)
    clusters = vae.cluster(test)
    assert found["adjusted_rand_index"] == adjusted_rand_score(dataset.y_test, clusters)
    train_z, test_z = (vae.encode(x).mean().numpy() for x in (dataset.x_train, dataset.x_test))
    nearest = KNeighborsClassifier(5).fit(train_z, dataset.y_train)
    assert found["neighbour_accuracy"] == nearest.score(test_z, dataset.y_test)
    # Not more components than kinds of cells: they are matched one to one.
    printed = {row.key for row in task.rows} - {"majority_accuracy"}
    assert printed <= set(found)


def test_the_sheet_names_the_genes_that_tell_components_apart(
    made: dict[str, np.ndarray],
) -> None:
    dataset = data.load(NAME)
    vae = build(0)
    vae.prior.loc.assign([[9.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    figure = RECIPE.task.sheet(RECIPE, vae, dataset)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert set(names) <= set(dataset.columns) and len(names) == len(set(names)) >= 3
    rates = np.stack([vae.sample(200, seed=0, component=k).mean(axis=0) for k in range(3)])
    folds = np.log2(rates / rates.mean(axis=0))
    shown = np.asarray(axes.images[0].get_array())
    columns = [dataset.columns.index(name) for name in names]
    np.testing.assert_allclose(shown, folds[:, columns], atol=1e-5)
    figure.savefig(io.BytesIO())


def test_baselines_are_the_most_likely_shares_and_dispersions() -> None:
    """With one library size, the shares are means, and no other dispersion is more likely."""
    random = np.random.RandomState(0)
    x = random.negative_binomial(2.0, 0.05, (4000, 3)).astype(float)
    x[:, -1] = 1000.0 - x[:, :-1].sum(axis=1)
    assert (x >= 0.0).all()
    found = independent_counts(x, x)
    rates = x.mean(axis=0)
    poisson = (x * np.log(rates) - rates - special.gammaln(x + 1.0)).sum(axis=1).mean()
    assert found["Poisson"] == pytest.approx(poisson, abs=1e-3)
    best = 0.0
    for gene in range(3):
        grid = np.exp(np.linspace(-3.0, 9.0, 1201))[:, None]
        losses = stats.nbinom.logpmf(x[:, gene], grid, grid / (grid + rates[gene]))
        best += losses.mean(axis=1).max()
    assert found["negative binomial"] == pytest.approx(best, abs=2e-3)


def test_a_gene_that_no_training_cell_has_stays_possible() -> None:
    x_train = np.array([[3.0, 0.0], [5.0, 0.0]])
    found = independent_counts(x_train, np.array([[3.0, 1.0]]))
    assert np.isfinite(list(found.values())).all()


def test_a_file_of_other_bytes_is_refused(made: dict[str, np.ndarray]) -> None:
    with pytest.raises(DataError, match=r"small\.h5ad cannot be read as cells"):
        decode_cells({FILE: b"nothing"})


@pytest.mark.slow
def test_every_stored_value_of_the_blood_cells_is_had_back_bit_for_bit() -> None:
    """The proof that the counts are the counts: they give each float32 that the file holds."""
    source = SOURCES["pbmc68k_reduced"]
    assert isinstance(source, WheelSource)
    try:
        files, _ = source.read()
    except DataError as error:
        pytest.skip(str(error))
    found = read_cells(files[PBMC_FILE], PBMC_FILE)
    with h5py.File(io.BytesIO(files[PBMC_FILE])) as file:
        parts = tuple(file[f"raw.X/{name}"][()] for name in ("data", "indices", "indptr"))
    stored = csr_matrix(parts, found.counts.shape).toarray()
    assert len(parts[0]) == 174_400 and found.counts.max() == 259
    np.testing.assert_array_equal(stored_values(found.counts, found.totals[:, None]), stored)
    assert (found.counts.sum(axis=1) < found.totals).all()
    assert found.label_names == source.class_names
