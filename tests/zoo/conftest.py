"""Small presets and data sets, written by the tests themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfvae.zoo import write_preset

CONFIG = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}


@pytest.fixture
def make_preset(tmp_path: Path) -> Callable[..., Path]:
    """Writes a preset of four files, one of them in a sub-folder."""

    def make(
        folder: str = "small",
        /,
        config: Any = CONFIG,
        weights: bytes = bytes(range(256)) * 8,
        **metadata: Any,
    ) -> Path:
        files = {
            "config.json": json.dumps(config).encode(),
            "model.weights.h5": weights,
            "README.md": b"# A small preset\n",
            "assets/samples.png": b"\x89PNG",
        }
        return write_preset(tmp_path / folder, files, metadata)

    return make
