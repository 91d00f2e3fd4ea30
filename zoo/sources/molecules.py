"""Sets of molecules, as codes of the tokens of their SMILES."""

import gzip
from collections.abc import Mapping

import numpy as np

from .. import smiles
from .wheels import WheelSource

_FOLDER = "moses/dataset/data"
_PARTS = ("train", "test", "test_scaffolds")
TEST, NEW_SCAFFOLDS = 0, 1


def _moses(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Returns the three parts of MOSES; the two that are held out, one behind the other."""
    train, *held_out = (
        smiles.read_lines(gzip.decompress(files[path]), path) for path in map(_path, _PARTS)
    )
    kinds = [np.full(len(x), kind) for kind, x in enumerate(held_out)]
    return {
        "x_train": train,
        "y_train": np.full(len(train), TEST),
        "x_test": np.concatenate(held_out),
        "y_test": np.concatenate(kinds),
    }


def _path(part: str) -> str:
    return f"{_FOLDER}/{part}.csv.gz"


SOURCES = {
    "moses": WheelSource(
        licence="MIT",
        citation=(
            "D. Polykovskiy et al. Molecular Sets (MOSES): A Benchmarking Platform for Molecular "
            "Generation Models. Frontiers in Pharmacology 11, 2020. arXiv:1811.12823"
        ),
        class_names=("scaffolds of the training set", "other scaffolds"),
        package="molsets",
        version="0.3.1",
        files={
            _path("train"): "786f0313aa6b9ba5514df685f885742a70ea8d86f1a4fa48115f7f80a634265c",
            _path("test"): "f896fbf3764f88d94670b9959e5872c600c12152a18233823e820761b7a791b2",
            _path(
                "test_scaffolds"
            ): "adffb2192c1bfe31ab0e13154d4af19a37dc18bdbf3cd7b4491e04405128adde",
        },
        decode=_moses,
    )
}
