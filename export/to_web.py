"""The explorer: a folder with a page that runs the model in the browser, from any static server."""

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from .atlas import atlas as atlas
from .errors import ExportError
from .litert_js import write_runtime
from .placing import put_folder, workspace
from .running import open_artefact

# The build of LiteRT for browsers takes no batch of unknown size.
BATCH_SIZE = 1


def write_explorer(
    folder: Path, model: Path, description: dict[str, Any], atlas: dict[str, Any]
) -> None:
    """Writes the explorer: a page with all that it needs, which asks no other server for anything.

    The page shows what the model has endpoints for. Of the description it reads `name`, `licence`,
    `component_names` and `class_names`, where they are; the shapes it reads from the model.

    Args:
        folder: where; it is made, and must be empty if it is there.
        model: a TFLite file of float32 whose signatures take batches of one.
        description: what model.json says, which is copied.
        atlas: what `atlas` returned for the model.

    Raises:
        ExportError: if the folder holds something, the model is of another kind, or LiteRT.js is
            not to be had.
    """
    folder = Path(folder).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} holds files, so it was left as it is. Choose an empty folder.")
    _check_batch(model)
    with workspace(folder) as space:
        made = space / "web"
        made.mkdir()
        for source in page_sources():
            shutil.copyfile(source, made / source.name)
        shutil.copyfile(model, made / "model.tflite")
        _write_json(description, made / "model.json")
        _write_json(atlas, made / "atlas.json")
        write_runtime(made / "litert")
        put_folder(made, folder)


def page_sources() -> list[Path]:
    """Returns the files that the page is written in.

    Example:
        >>> "index.html" in [path.name for path in page_sources()]
        True
    """
    folder = Path(str(resources.files(__package__))) / "web"
    return sorted(path for path in folder.iterdir() if path.is_file())


def _check_batch(model: Path) -> None:
    try:
        inputs = open_artefact(model).inputs
    except ValueError as error:
        raise ExportError(f"The explorer needs a TFLite file, but {error}") from error
    sizes = {shape[0] for one in inputs.values() for shape, _ in one.values()}
    if sizes != {BATCH_SIZE}:
        found = ", ".join("any" if size is None else str(size) for size in sizes)
        raise ExportError(
            f"The explorer needs a TFLite file that takes batches of {BATCH_SIZE}, but {model} "
            f"takes batches of {found}. Convert `fixed_batch(endpoints, {BATCH_SIZE})`."
        )


def _write_json(content: dict[str, Any], path: Path) -> None:
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ExportError(f"{path.name} cannot be written as JSON: {error}.") from error
    path.write_text(text + "\n", encoding="utf-8")
