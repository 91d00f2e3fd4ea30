"""Tables of molecules: SMILES in a column, and codes for the model."""

import numpy as np
import pytest

from tfvae.zoo import smiles
from tfvae.zoo.errors import DataError, PresetError
from tfvae.zoo.molecule_schema import LONGEST, MoleculeSchema
from tfvae.zoo.table_schema import schema_of

SCHEMA = MoleculeSchema(6)


def test_what_is_read_is_written_again() -> None:
    molecules = ["CCO", "c1[nH]1", "BrCCl"]
    x = SCHEMA.read({"smiles": ["CCO", " c1[nH]1 ", "BrCCl"]}, "a table")
    np.testing.assert_array_equal(x, smiles.encoded(molecules, 6))
    assert SCHEMA.write(x) == {"smiles": molecules}
    assert SCHEMA.typed(SCHEMA.write(x))["smiles"].tolist() == molecules


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({}, "has the columns of nothing"),
        ({"molecule": ["CCO"]}, "has the columns molecule, but the model's is smiles"),
        ({"smiles": ["CCO"], "name": ["ethanol"]}, "has the columns smiles, name"),
        ({"smiles": ["CCO", ""]}, "a.csv: the molecules .line 2.: there is no molecule"),
        ({"smiles": ["CC[Si]"]}, "has the token '.Si.'"),
        ({"smiles": ["C" * 7]}, "has 7 tokens, but at most 6 are read"),
    ],
)
def test_what_is_no_such_table_is_explained(cells: dict[str, list[str]], words: str) -> None:
    with pytest.raises(DataError, match=words):
        SCHEMA.read(cells, "a.csv")


def test_metadata_give_the_schema_back() -> None:
    assert schema_of({**SCHEMA.facts(), "name": "mine"}) == SCHEMA
    assert schema_of({"name": "mine"}) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"tokens": ["", "C"]},
        {"tokens": 5},
        {"length": True},
        {"length": 0},
        {"length": LONGEST + 1},
    ],
)
def test_metadata_of_other_tokens_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(PresetError, match="other tokens"):
        schema_of({**SCHEMA.facts(), **changed})
