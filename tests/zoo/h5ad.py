"""A small `.h5ad` file as scanpy 1.3 wrote them, made without the library's help."""

from io import BytesIO
from typing import Any

import h5py
import numpy as np

KINDS = (b"T", b"B", b"NK")


def cells(number: int = 30, genes: int = 12, seed: int = 0) -> dict[str, np.ndarray]:
    """Returns counts, the totals of their cells (other genes counted too), and labels."""
    random = np.random.RandomState(seed)
    counts = random.negative_binomial(0.7, 0.1, (number, genes))
    totals = counts.sum(axis=1) + random.randint(1000, 3000, number)
    return {"counts": counts, "totals": totals, "labels": random.randint(0, 3, number)}


def logarithms(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Returns log(1 + counts a 10,000), rounded to three decimals, `[N, genes]`."""
    return np.round(np.log1p(counts * 1e4 / totals[:, None]), 3).astype(np.float32)


def h5ad(counts: np.ndarray, totals: np.ndarray, labels: np.ndarray, **changed: Any) -> bytes:
    """Returns the bytes of a file with these cells; `changed` replaces stored arrays by name."""
    values = logarithms(counts, totals)
    rows, columns = np.nonzero(counts)
    observed = np.zeros(len(counts), [("n_counts", "<f4"), ("bulk_labels", "i1")])
    observed["n_counts"], observed["bulk_labels"] = totals, labels
    names = np.array([(b"GENE%d" % gene,) for gene in range(counts.shape[1])], [("index", "S8")])
    arrays = {
        "obs": observed,
        "raw.X/data": values[rows, columns],
        "raw.X/indices": columns.astype(np.int32),
        "raw.X/indptr": np.searchsorted(rows, np.arange(len(counts) + 1)).astype(np.int32),
        "raw.var": names,
        "uns/bulk_labels_categories": np.array(KINDS),
    }
    content = BytesIO()
    with h5py.File(content, "w") as file:
        for name, array in (arrays | changed).items():
            file[name] = array
        file["raw.X"].attrs["h5sparse_shape"] = counts.shape
    return content.getvalue()
