"""Molecules as codes of tokens: a small file, and what no reader must let pass."""

import gzip
import hashlib

import numpy as np
import pytest

from tfvae.zoo import DataError, smiles
from tfvae.zoo.sources import molecules as source

LINES = ["CCO", "c1ccc(Cl)cc1Br", "C[nH]", "[H]N=C#N"]


def file_of(lines, ending="\n"):
    return ("SMILES\n" + "\n".join(lines) + ending).encode()


def by_hand(line, length):
    codes = [smiles.TOKENS.index(token) for token in smiles.tokens_of(line)]
    return codes + [0] * (length - len(codes))


@pytest.mark.parametrize("ending", ["\n", ""])
def test_a_file_is_read_as_its_tokens(ending):
    found = smiles.read_lines(file_of(LINES, ending), "a file", 16)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [by_hand(line, 16) for line in LINES])
    assert smiles.decoded(found) == LINES


def test_blocks_join_where_lines_end(monkeypatch):
    lines = LINES * 50
    whole = smiles.read_lines(file_of(lines), "a file", 16)
    monkeypatch.setattr(smiles, "_BLOCK", 20)
    np.testing.assert_array_equal(smiles.read_lines(file_of(lines), "a file", 16), whole)


def test_errors_in_a_later_block_name_the_line_of_the_file(monkeypatch):
    monkeypatch.setattr(smiles, "_BLOCK", 20)
    with pytest.raises(DataError, match=r"a file \(line 203\): 'C\[Si\]C' has the token '\[Si\]'"):
        smiles.read_lines(file_of([*LINES * 50, "CC", "C[Si]C"]), "a file", 16)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CC@H", "has the token '@'"),
        ("C[C@@H]N", r"has the token '\[C@@H\]'"),
        ("C%10", "has the token '%10'"),
        ("CI", "has the token 'I'"),
        ("Cé", "has the token 'é'"),
        ("C\x80", "has the token"),
        ("CC\r", "has the token"),
        ("", "there is no molecule"),
        ("C" * 17, "has 17 tokens, but at most 16"),
    ],
)
def test_what_cannot_be_read_is_named(line, message):
    with pytest.raises(DataError, match=rf"line 3\).*{message}"):
        smiles.read_lines(file_of(["CC", line, "CC"]), "a file", 16)


def test_an_empty_file_has_no_molecules():
    assert smiles.read_lines(b"SMILES\n", "a file").shape == (0, smiles.LENGTH)


def test_a_molecule_is_one_line():
    with pytest.raises(DataError, match="several lines"):
        smiles.encoded(["CC\nCC"])
    with pytest.raises(DataError, match="no molecule"):
        smiles.encoded(["CC", ""])


def test_codes_are_read_until_the_first_zero():
    full = np.full([1, 3], smiles.TOKENS.index("C"))
    assert smiles.decoded(full) == ["CCC"]
    assert smiles.decoded(np.zeros([2, 3], np.float32)) == ["", ""]


@pytest.mark.parametrize(
    "codes", [[1, 2], [[0.5]], [[-1]], [[25]], [["C"]], [[float("nan")]], [[float("inf")]]]
)
def test_values_that_are_no_codes_are_refused(codes):
    with pytest.raises(DataError, match="Codes"):
        smiles.decoded(codes)


def test_the_held_out_parts_are_told_apart(monkeypatch):
    parts = [LINES, LINES[:2], LINES[2:]]
    files = {
        path: gzip.compress(file_of(lines))
        for path, lines in zip(source.SOURCES["moses"].files, parts, strict=True)
    }
    found = source.SOURCES["moses"].decode(files)
    assert smiles.decoded(found["x_train"]) == LINES == smiles.decoded(found["x_test"])
    assert found["y_test"].tolist() == [source.TEST] * 2 + [source.NEW_SCAFFOLDS] * 2
    assert len(found["y_train"]) == len(LINES)


def test_the_published_files_are_pinned():
    digests = source.SOURCES["moses"].files.values()
    assert [len(digest) for digest in digests] == [2 * hashlib.sha256().digest_size] * 3
