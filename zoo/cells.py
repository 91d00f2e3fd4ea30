"""Cells of an `.h5ad` file as scanpy 1.3 wrote them: their counts, had back from their logarithms.

The file holds no counts, but logarithms of counts a 10,000, rounded to three decimals. As a cell's
total is there too, each stored value comes from one whole number alone; `counts_of` proves that
of every value that it is given, or raises.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import h5py
import numpy as np

from .errors import DataError

# scanpy's normalisation, and the unit to which this file's values were then rounded.
NORMALISED_TOTAL = 1e4
DECIMALS = 3
# Half that unit, and what float32 adds to a number below 16.
LARGEST_ERROR = 0.5 * 10.0**-DECIMALS + 1e-6


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts of genes in single cells.

    Attributes:
        counts: int32 [N, genes], of the genes that were kept.
        totals: int64 [N], all counts of a cell, those of genes that were left out too.
        labels: int64 [N], the index into `label_names`.
        label_names: the kinds of cells.
        genes: the name of each gene.
    """

    counts: np.ndarray
    totals: np.ndarray
    labels: np.ndarray
    label_names: tuple[str, ...]
    genes: tuple[str, ...]


def stored_values(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    r"""Returns the values that the file holds in place of counts.

    $$v = \mathrm{round}_3 \log(1 + 10^4\, k / n)$$

    The logarithm is rounded to float32 first, and then, in float32, to three decimals.

    Args:
        counts: k, whole numbers of any shape.
        totals: n, the total of the cell of each.

    Returns:
        float32, of the shape of `counts`.

    Example:
        >>> stored_values(np.array([0, 1, 2]), np.array([2557, 2557, 2557])).tolist()
        [0.0, 1.590999960899353, 2.177000045776367]
    """
    logarithms = np.log1p(NORMALISED_TOTAL * counts / totals).astype(np.float32)
    return np.round(logarithms, DECIMALS)


def counts_of(values: np.ndarray, totals: np.ndarray) -> np.ndarray:
    r"""Returns the counts that stored values come from, and no others could have given.

    $$k = \mathrm{round}\, \frac{n\, (e^v - 1)}{10^4}$$

    The logarithms of neighbouring counts differ by about $1 / k$, and rounding moves them by less
    than 0.0005: below a count of about a thousand one whole number alone can be meant. Both are
    checked for every value: that its count gives it, and that no neighbour's value is near.

    Args:
        values: v, float32 of any shape.
        totals: n, the total of the cell of each.

    Returns:
        int32, of the shape of `values`.

    Raises:
        DataError: if a value comes from no whole number, or might come from two.

    Example:
        >>> counts_of(np.float32([0.0, 1.591, 2.177]), np.array([2557, 2557, 2557])).tolist()
        [0, 1, 2]
    """
    values, totals = np.asarray(values, np.float64), np.asarray(totals, np.float64)
    scale = NORMALISED_TOTAL / totals
    with np.errstate(over="ignore", invalid="ignore"):
        counts = np.rint(np.expm1(values) / scale)
        error = np.abs(np.log1p(scale * counts) - values)
        # How far the next count's logarithm lies.
        gap = np.log1p(scale / (1.0 + scale * counts))
    right = (counts >= 0.0) & (error <= LARGEST_ERROR) & (gap > 2.0 * LARGEST_ERROR)
    # NaN is not right, whatever it is compared with.
    wrong = ~right
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{wrong.sum():,} of {wrong.size:,} values are no logarithms of counts a "
            f"{NORMALISED_TOTAL:,.0f} that one whole number gives. The first is "
            f"{values.flat[first]:g}, in a cell of {totals.flat[first]:g} counts."
        )
    return counts.astype(np.int32)


def read_cells(content: bytes, place: str) -> Cells:
    """Reads cells, their totals and their labels out of the bytes of an `.h5ad` file.

    Args:
        content: the file.
        place: where it comes from, for errors.

    Returns:
        The cells, in the order of the file.

    Raises:
        DataError: if it is no such file, or its values are not what counts give.
    """
    try:
        with h5py.File(BytesIO(content), "r") as file:
            return _cells(file)
    except DataError as error:
        raise DataError(f"{place}: {error} Replace it by the original file.") from error
    except Exception as error:
        # h5py raises every type there is on a damaged file.
        raise DataError(
            f"{place} cannot be read as cells of an .h5ad file ({error}). Replace it by the "
            "original file."
        ) from error


def _cells(file: Any) -> Cells:
    """Returns what an opened file holds."""
    observed = file["obs"][()]
    totals = _whole(observed["n_counts"], "totals of cells")
    values, genes = file["raw.X/data"][()], file["raw.X/indices"][()]
    starts = file["raw.X/indptr"][()]
    names = tuple(name.decode() for name in file["raw.var"][()]["index"])
    shape = tuple(int(size) for size in file["raw.X"].attrs["h5sparse_shape"])
    if shape != (len(totals), len(names)) or starts[-1] != len(values) or len(genes) != len(values):
        raise DataError(
            f"there are {len(totals):,} cells, {len(names):,} genes and {len(values):,} values, "
            f"but a matrix of shape {shape} with {starts[-1]:,}."
        )
    rows = np.repeat(np.arange(len(totals)), np.diff(starts))
    counts = np.zeros(shape, np.int32)
    counts[rows, genes] = counts_of(values, totals[rows])
    kinds = tuple(name.decode() for name in file["uns/bulk_labels_categories"][()])
    labels = observed["bulk_labels"].astype(np.int64)
    if labels.min() < 0 or labels.max() >= len(kinds):
        raise DataError(f"labels go from {labels.min()} to {labels.max()}, of {len(kinds)} kinds.")
    return Cells(counts, totals, labels, kinds, names)


def _whole(values: np.ndarray, what: str) -> np.ndarray:
    """Returns numbers as int64, if they are whole ones above 0."""
    numbers = np.asarray(values, np.float64)
    if not (np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all()):
        raise DataError(f"{what} must be whole numbers.")
    if numbers.min() < 1.0:
        raise DataError(f"{what} must be above 0, but go down to {numbers.min():g}.")
    return numbers.astype(np.int64)
