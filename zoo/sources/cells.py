"""Counts of genes in single cells, which a package carries."""

from collections.abc import Mapping

import numpy as np

from ..cells import read_cells
from .source import fifth_of_each_class
from .wheels import WheelSource

SPLIT_SEED = 68
PBMC_FILE = "scanpy/datasets/10x_pbmc68k_reduced.h5ad"


def decode_cells(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Returns the counts of training and of test cells, a fifth of each kind of cell set apart.

    Args:
        files: the bytes of one `.h5ad` file, by its path.

    Returns:
        `x_train` and `x_test`, float32 `[N, genes]`, whole numbers; `y_train` and `y_test`, int64
        `[N]`; `columns`, the names of the genes.

    Raises:
        DataError: if it is no such file.
    """
    ((path, content),) = files.items()
    cells = read_cells(content, path)
    test = fifth_of_each_class(cells.labels, SPLIT_SEED)
    counts = cells.counts.astype(np.float32)
    return {
        "x_train": counts[~test],
        "y_train": cells.labels[~test],
        "x_test": counts[test],
        "y_test": cells.labels[test],
        "columns": np.array(cells.genes),
    }


SOURCES: dict[str, WheelSource] = {
    "pbmc68k_reduced": WheelSource(
        licence="CC-BY-4.0",
        citation=(
            "G. X. Y. Zheng et al. Massively parallel digital transcriptional profiling of single "
            "cells. Nature Communications 8, 14049, 2017. doi:10.1038/ncomms14049; 700 of the "
            "cells, and 765 of the genes, as scanpy 1.11.5 carries them "
            "(BSD-3-Clause): F. A. Wolf, P. Angerer, F. J. Theis. SCANPY: large-scale single-cell "
            "gene expression data analysis. Genome Biology 19, 15, 2018. "
            "doi:10.1186/s13059-017-1382-0"
        ),
        class_names=(
            "CD4+/CD25 T Reg",
            "CD4+/CD45RA+/CD25- Naive T",
            "CD4+/CD45RO+ Memory",
            "CD8+ Cytotoxic T",
            "CD8+/CD45RA+ Naive Cytotoxic",
            "CD14+ Monocyte",
            "CD19+ B",
            "CD34+",
            "CD56+ NK",
            "Dendritic",
        ),
        package="scanpy",
        version="1.11.5",
        files={PBMC_FILE: "e71d41e737c941559b7c57c9243bdb3d2c889c2adfdf00e3422ac6b46783676f"},
        decode=decode_cells,
    ),
}
