"""What sampled molecules are worth, on molecules made by hand; with RDKit, where it is."""

import sys

import numpy as np
import pytest

from tfvae.zoo import DataError, molecules

MADE = ["C1=CC=CC=C1", "CC(", "", "c1ccccc1", "CO", "CCO", "C1CC", "CN(C)(C)C"]


@pytest.fixture
def chemistry():
    return pytest.importorskip("rdkit.Chem", reason="the extra tfvae[molecules] is not installed")


def test_one_molecule_has_one_canonical_name(chemistry):
    found = molecules.canonical(MADE)
    # Not closed, nothing, a ring not closed, a nitrogen of four bonds.
    assert found == ["c1ccccc1", None, None, "c1ccccc1", "CO", "CCO", None, None]


def test_quality_counts_what_was_made(chemistry):
    found = molecules.quality(MADE, {"CO", "CN"}, counts=(2, 100))
    assert found == {
        "validity": 4 / 8,
        "unique_2": 1 / 2,
        "unique_100": 3 / 4,
        "novelty": 2 / 3,
    }


def test_of_no_valid_molecule_nothing_is_unique_or_new(chemistry):
    found = molecules.quality(["C(", ""], set())
    assert set(found.values()) == {0.0}


def test_what_is_no_molecule_is_not_written_to_the_log(chemistry, capfd):
    molecules.canonical(["C(", "C1"])
    assert capfd.readouterr() == ("", "")


def test_rings_are_counted(chemistry):
    assert molecules.rings(["CC", "c1ccccc1", "c1ccc2ccccc2c1"]) == [0, 1, 2]
    with pytest.raises(DataError, match="'C\\(' is no molecule"):
        molecules.rings(["CC", "C("])


def test_a_sheet_shows_each_molecule_and_says_what_is_none(chemistry):
    figure = molecules.drawn(["c1ccccc1", "C(", *["CCO"] * 5])
    shown = [len(place.images) for place in figure.axes]
    assert shown == [1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    assert "not valid:\nC(" in figure.axes[1].texts[0].get_text()
    ring = np.asarray(figure.axes[0].images[0].get_array())
    assert ring.std() > 0.0


@pytest.mark.parametrize(
    "function", [lambda: molecules.quality([], ()), lambda: molecules.drawn([])]
)
def test_nothing_is_refused(function):
    with pytest.raises(DataError, match="no molecules"):
        function()


def test_without_rdkit_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit.Chem", None)
    with pytest.raises(DataError, match=r"pip install 'tfvae\[molecules\]'"):
        molecules.canonical(["CC"])
