"""Writing into a TFLite file what it is: its model.json, and a seal that shows any change."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .running import SEAL, UNSEALED, seal_of
from .tflite_file import ENTRY, read_tflite, store_tflite


def inscribe(path: Path, description: Mapping[str, Any]) -> None:
    """Adds a description to the metadata of a TFLite file, as JSON, and seals the file.

    Args:
        path: the file.
        description: what model.json says, but for what only a whole bundle can say.
    """
    model = read_tflite(path)
    text = json.dumps(description, separators=(",", ":"), allow_nan=False).encode()
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(SEAL + UNSEALED + b'",' + text.removeprefix(b"{"), np.uint8)
    entry.name, entry.buffer = ENTRY, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    made = path.with_name(f".partial-{path.name}")
    store_tflite(model, made)
    content = made.read_bytes()
    made.write_bytes(content.replace(SEAL + UNSEALED, SEAL + seal_of(content), 1))
    os.replace(made, path)
