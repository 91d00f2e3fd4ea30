"""The files of the feature networks: weights in float16, and what is known of them."""

import difflib
import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self

import numpy as np

# By the data set that each was trained on. Other weights are another network, of a higher version.
NETWORKS = {"mnist": "tfvae-mnist-conv-1", "fashion_mnist": "tfvae-fashion-mnist-conv-1"}


@dataclass(frozen=True)
class Stored:
    """A network's files, once read.

    Args:
        name: name and version.
        sha256: digest of the weights' file.
        metadata: what the file beside it says.
        weights: float16 arrays by the path of the variable.
    """

    name: str
    sha256: str
    metadata: dict[str, Any]
    weights: dict[str, np.ndarray]

    @classmethod
    def read(cls, name: str, folder: Traversable | None = None) -> Self:
        """Reads the network of a data set, and compares its digest with what is written beside it.

        Raises:
            ValueError: if there is no such network, or its files are missing or altered.
        """
        if name not in NETWORKS:
            near = difflib.get_close_matches(str(name), NETWORKS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"There is no feature network for {name!r}.{hint} Known: "
                f"{', '.join(sorted(NETWORKS))}."
            )
        folder = resources.files(__package__) if folder is None else folder
        stem = NETWORKS[name]
        try:
            content = (folder / f"{stem}.npz").read_bytes()
            metadata = json.loads((folder / f"{stem}.json").read_text("utf-8"))
            expected = metadata["sha256"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"The files of the feature network {stem} cannot be read ({error}). "
                "Reinstall tfvae."
            ) from error
        digest = hashlib.sha256(content).hexdigest()
        if digest != expected:
            raise ValueError(
                f"{stem}.npz is not the network of that name: its sha256 should be {expected}, "
                f"but is {digest}. Reinstall tfvae."
            )
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(stem, digest, metadata, dict(arrays))


def write(
    folder: Path, name: str, weights: Mapping[str, np.ndarray], metadata: Mapping[str, Any]
) -> None:
    """Writes a network's two files, with the digest of the weights in what is written beside them.

    Args:
        folder: where they shall stand.
        name: of the data set, as in `NETWORKS`.
        weights: arrays by the path of the variable; stored as float16.
        metadata: what else is to be said of them, plain JSON.
    """
    stem, content = NETWORKS[name], io.BytesIO()
    halves: dict[str, Any] = {path: np.asarray(w, "float16") for path, w in weights.items()}
    np.savez(content, **halves)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    about = {"name": stem, "sha256": digest, "weights_dtype": "float16", **metadata}
    text = json.dumps(about, indent=2, sort_keys=True, allow_nan=False) + "\n"
    for ending, file in (("npz", content.getvalue()), ("json", text.encode())):
        temporary = folder / f".{stem}.{ending}.partial"
        temporary.write_bytes(file)
        os.replace(temporary, folder / f"{stem}.{ending}")
