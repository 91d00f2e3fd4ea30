"""Counts of cells: had back from logarithms, each proven to come from one whole number alone."""

import numpy as np
import pytest

from tests.zoo.h5ad import cells, h5ad, logarithms
from tfvae.zoo import DataError
from tfvae.zoo.cells import counts_of, read_cells, stored_values


def test_counts_are_had_back_from_a_file() -> None:
    made = cells()
    found = read_cells(h5ad(**made), "small.h5ad")
    np.testing.assert_array_equal(found.counts, made["counts"])
    np.testing.assert_array_equal(found.totals, made["totals"])
    np.testing.assert_array_equal(found.labels, made["labels"])
    assert found.label_names == ("T", "B", "NK")
    assert found.genes[:2] == ("GENE0", "GENE1")
    assert (found.counts.dtype, found.totals.dtype) == (np.int32, np.int64)


def test_stored_values_are_rounded_logarithms() -> None:
    made = cells(seed=1)
    values = stored_values(made["counts"], made["totals"][:, None])
    np.testing.assert_array_equal(values, logarithms(made["counts"], made["totals"]))


def test_each_count_up_to_the_largest_that_can_be_told_apart_is_had_back() -> None:
    """The logarithms of 997 and 998 differ by 0.001, which rounding can hide."""
    counts = np.arange(0, 900)
    for total in (2141, 9497):
        totals = np.full(len(counts), total)
        np.testing.assert_array_equal(counts_of(stored_values(counts, totals), totals), counts)


@pytest.mark.parametrize("value", [1.6, -0.5, np.nan, np.inf])
def test_a_value_that_no_count_gives_is_refused(value: float) -> None:
    with pytest.raises(DataError, match=r"1 of 3 values are no logarithms.*2557 counts"):
        counts_of(np.array([0.0, 1.591, value]), np.full(3, 2557))


def test_a_value_that_two_counts_give_is_refused() -> None:
    total = 2557
    value = stored_values(np.array([2000]), np.array([total]))
    with pytest.raises(DataError, match="that one whole number gives"):
        counts_of(value, np.array([total]))


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (b"no HDF5 file", "cannot be read"),
        (lambda content: content[: len(content) // 2], "cannot be read"),
        ({"raw.X/data": np.float32([0.5])}, "values"),
        ({"raw.var": np.zeros(5, [("index", "S8")])}, "5 genes"),
        ({"uns/bulk_labels_categories": np.array([b"T"])}, "of 1 kinds"),
    ],
)
def test_a_corrupt_file_is_refused_in_words(spoiled: object, words: str) -> None:
    made = cells()
    if isinstance(spoiled, dict):
        content = h5ad(**made, **spoiled)
    else:
        content = spoiled(h5ad(**made)) if callable(spoiled) else spoiled
    with pytest.raises(DataError, match=rf"(?s)small\.h5ad.*{words}.*original file"):
        read_cells(content, "small.h5ad")


@pytest.mark.parametrize(("total", "words"), [(2557.5, "whole numbers"), (0.0, "above 0")])
def test_totals_that_cannot_be_are_refused(total: float, words: str) -> None:
    made = cells()
    totals = made["totals"].astype(float)
    totals[3] = total
    observed = np.zeros(len(totals), [("n_counts", "<f4"), ("bulk_labels", "i1")])
    observed["n_counts"] = totals
    with pytest.raises(DataError, match=f"totals of cells must be {words}"):
        read_cells(h5ad(**made, obs=observed), "small.h5ad")
