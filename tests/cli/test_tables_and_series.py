"""Presets of tables are used in words and units, of molecules as SMILES, of series as curves."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae as library
from tfvae.zoo import smiles
from tfvae.zoo.molecule_schema import MoleculeSchema
from tfvae.zoo.table_schema import Grade, Number, Schema

SCHEMA = Schema(
    (Number("weight", step=0.01, loc=-0.4, scale=0.6), Grade("cut", ("Fair", "Good", "Ideal")))
)
ROWS = "cut,weight\nGood,0.5\nIdeal,\n,0.235\n"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    vae = library.models.TableVAE(
        library.encoders.MLP((4,)),
        library.decoders.MLP((4,)),
        library.families.DiagonalNormal(2),
        [library.families.Normal((1,)), library.families.Ordinal((1,), 3)],
        library.priors.MixtureOfGaussians(2),
    )
    folder = tmp_path_factory.mktemp("presets") / "table"
    vae.save_to_preset(folder, {"columns": SCHEMA.describe()})
    return str(folder)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> str:
    vae = library.VAE(
        library.encoders.MLP((4,)),
        library.decoders.MLP((4,)),
        library.families.DiagonalNormal(2),
        library.families.Normal((6, 2)),
    )
    folder = tmp_path_factory.mktemp("presets") / "series"
    vae.save_to_preset(folder, {"channels": [{"name": "a"}, {"name": "b"}]})
    return str(folder)


@pytest.fixture(scope="module")
def molecules(tmp_path_factory: pytest.TempPathFactory) -> str:
    vae = library.models.SentenceVAE(
        keras.Sequential([keras.layers.Embedding(len(smiles.TOKENS), 4), keras.layers.Flatten()]),
        library.decoders.MLP((8,)),
        library.families.DiagonalNormal(2),
        length=6,
        num_classes=len(smiles.TOKENS),
        units=8,
        network=keras.layers.GRU(8, return_sequences=True),
    )
    folder = tmp_path_factory.mktemp("presets") / "molecules"
    vae.save_to_preset(folder, MoleculeSchema(6).facts())
    return str(folder)


@pytest.fixture
def rows(tmp_path: Path) -> str:
    (tmp_path / "rows.csv").write_text(ROWS)
    return str(tmp_path / "rows.csv")


def cells_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_samples_of_a_table_are_in_words_and_units(
    tfvae: Callable[..., Any], table: str, tmp_path: Path
) -> None:
    vae = library.VAE.from_preset(table)
    answer = tfvae("sample", table, "-n", "5", "--seed", "3", "-o", str(tmp_path / "x.csv"))
    assert (answer.code, answer.err) == (0, "")
    expected = SCHEMA.write(vae.sample(5, seed=3))
    found = cells_of(tmp_path / "x.csv")
    assert {name: [row[name] for row in found] for name in found[0]} == expected
    tfvae("sample", table, "-n", "5", "--seed", "3", "-o", str(tmp_path / "x.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), vae.sample(5, seed=3))
    answer = tfvae("sample", table, "-o", str(tmp_path / "x.png"))
    assert answer.code == 1 and "are no pictures" in answer.err


def test_only_what_is_missing_is_filled_in(
    tfvae: Callable[..., Any], table: str, rows: str, tmp_path: Path
) -> None:
    answer = tfvae("impute", table, rows, "-o", str(tmp_path / "x.csv"), "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["missing"] == 2
    found = cells_of(tmp_path / "x.csv")
    assert list(found[0]) == ["weight", "cut"]
    # What was given stays to the letter, though the column's own values have two digits.
    assert found[0] == {"weight": "0.5", "cut": "Good"}
    assert found[1]["cut"] == "Ideal" and float(found[1]["weight"]) > 0.0
    assert found[2]["weight"] == "0.235" and found[2]["cut"] in ("Fair", "Good", "Ideal")
    vae = library.VAE.from_preset(table)
    x = SCHEMA.read({"cut": ["Good", "Ideal", ""], "weight": ["0.5", "", "0.235"]}, "rows")
    filled = SCHEMA.write(vae.impute(x))
    assert (found[1]["weight"], found[2]["cut"]) == (filled["weight"][1], filled["cut"][2])


def test_a_mask_hides_what_stands_in_a_table(
    tfvae: Callable[..., Any], table: str, tmp_path: Path
) -> None:
    (tmp_path / "whole.csv").write_text("weight,cut\n0.5,Good\n0.7,Fair\n")
    np.save(tmp_path / "mask.npy", np.array([[1, 0], [1, 1]]))
    arguments = ["--mask", str(tmp_path / "mask.npy"), "-o", str(tmp_path / "x.csv"), "--json"]
    answer = tfvae("impute", table, str(tmp_path / "whole.csv"), *arguments)
    assert json.loads(answer.out)["missing"] == 1
    assert cells_of(tmp_path / "x.csv")[1] == {"weight": "0.7", "cut": "Fair"}


def test_other_commands_read_the_same_tables(
    tfvae: Callable[..., Any], table: str, rows: str, tmp_path: Path
) -> None:
    vae = library.VAE.from_preset(table)
    x = SCHEMA.read({"cut": ["Good", "Ideal", ""], "weight": ["0.5", "", "0.235"]}, "rows")
    assert tfvae("encode", table, rows, "-o", str(tmp_path / "z.npy")).code == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), vae.encode(x).mode(), atol=1e-6)
    scores = json.loads(tfvae("score", table, rows, "--json").out)["scores"]
    assert len(scores) == 3 and all(np.isfinite(row["score"]) for row in scores)
    assert tfvae("cluster", table, rows, "--json").code == 0
    for command, more in (("reconstruct", [rows]), ("interpolate", [rows, rows])):
        assert tfvae(command, table, *more, "-o", str(tmp_path / f"{command}.csv")).code == 0
        found = cells_of(tmp_path / f"{command}.csv")
        assert {row["cut"] for row in found} <= {"Fair", "Good", "Ideal"}
        assert all(float(row["weight"]) > 0.0 for row in found)


def test_a_folder_of_tables_is_read_in_the_order_of_its_files(
    tfvae: Callable[..., Any], table: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.csv").write_text("cut\nIdeal\n")
    (tmp_path / "in" / "a.csv").write_text("weight\n0.33\n0.44\n")
    tfvae("impute", table, str(tmp_path / "in"), "-o", str(tmp_path / "x.csv"))
    found = cells_of(tmp_path / "x.csv")
    assert [row["weight"] for row in found[:2]] == ["0.33", "0.44"]
    assert found[2]["cut"] == "Ideal"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cut\nIdael\n", "'Idael' in row 1 of the column 'cut', but expected is one of Fair, Good"),
        ("weight\n-1\n", "'-1' in row 1 of the column 'weight'"),
        ("mass\n1\n", "the column 'mass', but the model's are weight, cut"),
        ("weight,cut\n", "holds no rows below a line of names"),
        ("weight,cut\n1\n", "has 1 values in line 2, but 2 columns"),
    ],
)
def test_what_is_no_such_table_is_one_line(
    tfvae: Callable[..., Any], table: str, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "bad.csv").write_text(text)
    answer = tfvae("encode", table, str(tmp_path / "bad.csv"), "-o", str(tmp_path / "z.npy"))
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert words in answer.err
    assert not (tmp_path / "z.npy").exists()


def test_a_model_that_was_trained_on_still_knows_the_columns(
    tfvae: Callable[..., Any], table: str, rows: str, tmp_path: Path
) -> None:
    arguments = ["--epochs", "1", "-o", str(tmp_path / "mine"), "--json"]
    assert tfvae("finetune", table, rows, *arguments).code == 0
    assert library.zoo.schema(tmp_path / "mine") == SCHEMA


def test_tables_go_to_parquet_with_their_types_and_back(
    tfvae: Callable[..., Any], table: str, tmp_path: Path
) -> None:
    arrow = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    assert tfvae("sample", table, "-n", "3", "--seed", "1", "-o", str(path)).code == 0
    found = arrow.read_table(path)
    assert [str(kind) for kind in found.schema.types] == ["double", "string"]
    assert tfvae("encode", table, str(path), "-o", str(tmp_path / "z.npy")).code == 0


def test_series_are_drawn_as_curves(tfvae: Callable[..., Any], series: str, tmp_path: Path) -> None:
    x = np.random.RandomState(0).normal(size=(3, 6, 2)).astype(np.float32)
    holes = np.where(x > 1.0, np.nan, x)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "holes.npy", holes)
    for command, data in (
        ("sample", []),
        ("reconstruct", ["x.npy"]),
        ("impute", ["holes.npy"]),
        ("interpolate", ["x.npy", "x.npy"]),
    ):
        given = [str(tmp_path / name) for name in data]
        few = ["-n", "3"] if command == "sample" else []
        path = tmp_path / f"{command}.png"
        answer = tfvae(command, series, *given, *few, "-o", str(path))
        assert (answer.code, answer.err) == (0, "")
        assert tf.io.decode_png(path.read_bytes()).shape[-1] in (3, 4)
    assert (
        tfvae("impute", series, str(tmp_path / "holes.npy"), "-o", str(tmp_path / "y.npy")).code
        == 0
    )
    found = np.load(tmp_path / "y.npy")
    np.testing.assert_array_equal(found[x <= 1.0], x[x <= 1.0])
    answer = tfvae("sample", series, "-o", str(tmp_path / "folder"))
    assert answer.code == 1 and "the result can be .png" in answer.err
    # A row of its values each is a table of numbers.
    tfvae("sample", series, "-n", "2", "--seed", "0", "-o", str(tmp_path / "x.csv"))
    assert tfvae("encode", series, str(tmp_path / "x.csv"), "-o", str(tmp_path / "z.csv")).code == 0
    assert len(cells_of(tmp_path / "z.csv")) == 2


def test_molecules_are_read_and_written_as_smiles(
    tfvae: Callable[..., Any], molecules: str, tmp_path: Path
) -> None:
    vae = library.VAE.from_preset(molecules)
    answer = tfvae("sample", molecules, "-n", "9", "--seed", "3", "-o", str(tmp_path / "x.csv"))
    assert (answer.code, answer.err) == (0, "")
    found = [row["smiles"] for row in cells_of(tmp_path / "x.csv")]
    assert found == smiles.decoded(vae.sample(9, seed=3))

    (tmp_path / "given.csv").write_text("smiles\nCCO\nCBr\n")
    given = str(tmp_path / "given.csv")
    x = smiles.encoded(["CCO", "CBr"], 6)
    assert tfvae("encode", molecules, given, "-o", str(tmp_path / "z.npy")).code == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), vae.encode(x).mode(), atol=1e-6)
    scores = json.loads(tfvae("score", molecules, given, "--json").out)["scores"]
    assert len(scores) == 2 and all(np.isfinite(row["score"]) for row in scores)
    for command, more in (("reconstruct", [given]), ("interpolate", [given, given])):
        answer = tfvae(command, molecules, *more, "-o", str(tmp_path / f"{command}.csv"))
        assert (answer.code, answer.err) == (0, "")
        assert all("smiles" in row for row in cells_of(tmp_path / f"{command}.csv"))

    (tmp_path / "given.csv").write_text("smiles\nC[Si]\n")
    answer = tfvae("encode", molecules, given, "-o", str(tmp_path / "z.npy"))
    assert answer.code == 1 and "has the token '[Si]'" in answer.err
