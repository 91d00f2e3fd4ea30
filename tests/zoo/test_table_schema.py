"""Tables in words and units: to the numbers of a model and back, or refused by row and column."""

import numpy as np
import pytest

from tfvae.zoo import DataError, PresetError, Schema
from tfvae.zoo.table_schema import Grade, Number

SCHEMA = Schema(
    (
        Number("weight", step=0.01, loc=0.5, scale=2.0),
        Number("price", step=1.0),
        Grade("cut", ("Fair", "Good", "Ideal")),
    )
)
CELLS = {"cut": ["Ideal", "Fair"], "price": ["326", " 18823 "], "weight": ["0.23", "5.01"]}


def test_what_is_read_is_written_again() -> None:
    x = SCHEMA.read(CELLS, "a table")
    assert x.dtype == np.float32 and x.shape == (2, 3)
    np.testing.assert_allclose(x[:, 0], (np.log([0.23, 5.01]) - 0.5) / 2.0, rtol=1e-6)
    np.testing.assert_allclose(x[:, 1], np.log([326.0, 18823.0]), rtol=1e-6)
    np.testing.assert_array_equal(x[:, 2], [2.0, 0.0])
    found = SCHEMA.write(x)
    assert found == {
        "weight": ["0.23", "5.01"],
        "price": ["326", "18823"],
        "cut": ["Ideal", "Fair"],
    }
    assert Schema.from_metadata(SCHEMA.describe()) == SCHEMA


def test_every_step_survives_the_way_through_the_model() -> None:
    prices = [str(price) for price in range(1, 20_000, 7)]
    x = SCHEMA.read({"price": prices}, "a table")
    assert SCHEMA.write(x)["price"] == prices
    assert np.isnan(x[:, [0, 2]]).all()


@pytest.mark.parametrize("cell", ["", " ", "NA", "nan", "NULL", "None", "?"])
def test_what_is_missing_is_nan_and_written_as_nothing(cell: str) -> None:
    x = SCHEMA.read({"price": [cell], "cut": [cell]}, "a table")
    assert np.isnan(x).all()
    assert SCHEMA.write(x) == {"weight": [""], "price": [""], "cut": [""]}


def test_what_a_model_gave_is_brought_into_the_column() -> None:
    found = SCHEMA.write(np.array([[-99.0, -99.0, 7.6], [0.0, 1.2, -3.0], [0.0, 0.0, 1.4]]))
    assert found["price"] == ["1", "3", "1"]
    assert found["weight"][0] == "0.01"
    assert found["cut"] == ["Ideal", "Fair", "Good"]


def test_arrays_have_the_types_of_the_columns() -> None:
    found = SCHEMA.typed({"weight": ["0.23", ""], "price": ["1", "2"], "cut": ["Good", ""]})
    np.testing.assert_array_equal(found["weight"], [0.23, np.nan])
    assert found["price"].dtype == np.float64
    assert found["cut"].tolist() == ["Good", ""]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"prize": ["1"]}, "has the column 'prize', but the model's are weight, price, cut"),
        ({}, "has the column ''"),
        ({"price": ["1", "cheap"]}, "'cheap' in row 2 of the column 'price'.*a number above 0"),
        ({"price": ["0"]}, "'0' in row 1 .*a number above 0, or nothing where it is missing"),
        ({"price": ["1_000"]}, "'1_000' in row 1"),
        ({"price": ["inf"]}, "'inf' in row 1"),
        ({"cut": ["good"]}, "'good' in row 1 of the column 'cut'.*one of Fair, Good, Ideal"),
    ],
)
def test_what_is_no_such_table_is_explained(cells: dict[str, list[str]], words: str) -> None:
    with pytest.raises(DataError, match=words):
        SCHEMA.read(cells, "mine.csv")


@pytest.mark.parametrize(
    "described",
    [
        5,
        [{}],
        [{"name": "a"}],
        [{"name": "a", "step": 0.0}],
        [{"name": "a", "step": 1.0, "scale": "wide"}],
        [{"name": "a", "levels": ["x"]}],
        [{"name": "a", "levels": ["x", "x"]}],
        [{"name": "a", "step": 1.0, "run": "rm"}],
    ],
)
def test_metadata_that_describe_no_columns_are_refused(described: object) -> None:
    with pytest.raises(PresetError, match="describe no columns"):
        Schema.from_metadata(described)
