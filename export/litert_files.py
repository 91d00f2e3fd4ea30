"""The TFLite files of a bundle: each precision, for any batch and for batches of one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .converting import Job
from .endpoints import fixed_batch
from .errors import ExportError
from .given import Arrays, for_endpoints
from .marking import asked_for, mark, weight_groups
from .quantising import CURE, QuantisingError, is_installed, quantise
from .quantising import Job as QuantisingJob
from .subject import Subject
from .tables import halve_tables
from .tflite_file import compact, read_tflite, restore_outputs, store_tflite
from .to_litert import write_tflite_files
from .to_saved_model import write_saved_model

# By the word for it: the number of rows that every signature takes; None is any.
BATCHES: dict[str, tuple[int | None, ...]] = {"dynamic": (None,), "static": (1,), "both": (None, 1)}


class TFLiteFile(NamedTuple):
    """One file.

    Args:
        path: where it is.
        precision: its name.
        batch: how many rows every signature takes; None is any.
        integer: whether inputs and outputs are int8.
    """

    path: Path
    precision: str
    batch: int | None
    integer: bool = False


def check_quantiser(precisions: Sequence[str]) -> None:
    """Raises an ExportError if a precision needs the quantiser, and it is not installed."""
    needing = [name for name in precisions if name != "float32"]
    if needing and not is_installed():
        raise ExportError(
            f"{', '.join(needing)} need the package ai-edge-quantizer, which is not installed: "
            f"{CURE}. Or ask for precision float32 alone."
        )


def file_name(precision: str, batch: int | None) -> str:
    """Returns what a file is called.

    Example:
        >>> file_name("int8", None), file_name("float32", 1)
        ('model_int8.tflite', 'model_float32.batch1.tflite')
    """
    return f"model_{precision}{'' if batch is None else f'.batch{batch}'}.tflite"


def write_float32(
    subject: Subject, folder: Path, saved_model: Path, batches: Sequence[int | None]
) -> list[TFLiteFile]:
    """Converts the endpoints for each kind of batch.

    Args:
        subject: the model.
        folder: where the files go; SavedModels on the way to them stay there too.
        saved_model: the one with a batch of any size.
        batches: numbers of rows; None is any.

    Raises:
        ExportError: if the converter fails.
    """
    files = [TFLiteFile(folder / file_name("float32", size), "float32", size) for size in batches]
    jobs = []
    for file in files:
        source = saved_model
        if file.batch is not None:
            source = folder / f"saved_model_of_batch_{file.batch}"
            write_saved_model(fixed_batch(subject.endpoints, file.batch), source)
        jobs.append(Job(str(source), list(subject.endpoints), str(file.path)))
    write_tflite_files(jobs)
    return files


def write_smaller(
    subject: Subject,
    sources: Sequence[TFLiteFile],
    precisions: Sequence[str],
    representative: Arrays,
    integer: bool,
) -> list[TFLiteFile]:
    """Makes files of other precisions from those of float32, beside them.

    Args:
        subject: the model.
        sources: files of float32.
        precisions: the other precisions.
        representative: an array for every input, as `given_to` makes them, for the ranges of int8.
        integer: whether inputs and outputs of int8 are int8 too.

    Raises:
        ExportError: if there is nothing to quantise, or the quantiser fails.
    """
    made, jobs = [], []
    for source in sources:
        marked, data = source.path.with_suffix(".marked"), source.path.with_suffix(".npz")
        groups = _write_marked(subject.model, source.path, marked)
        if "int8" in precisions:
            np.savez(data, allow_pickle=False, **for_endpoints(subject.endpoints, representative))
        for precision in precisions:
            whole = precision == "int8" and integer
            path = source.path.with_name(file_name(precision, source.batch))
            made.append(TFLiteFile(path, precision, source.batch, whole))
            asked = asked_for(integers=precision == "int8")
            job = QuantisingJob(str(marked), str(path), precision, asked, str(data), groups)
            jobs.append(job._replace(integer=whole, batch=source.batch))
    try:
        quantise(jobs)
    except QuantisingError as error:
        raise ExportError(
            f"ai-edge-quantizer failed. It wrote last: {str(error)[-1000:]} Ask for precision "
            "float32 alone, or leave out the precision that it names."
        ) from error
    for file in made:
        model = read_tflite(file.path)
        restore_outputs(model)
        if not file.integer:
            # What has integers throughout may be for a microcontroller, where float16 is unknown.
            halve_tables(model)
        compact(model)
        store_tflite(model, file.path)
    return made


def _write_marked(model: Any, source: Path, marked: Path) -> list[list[tuple[str, str]]]:
    contents = read_tflite(source)
    networks = [model.encoder.name, model.decoder.name]
    heads = [model.latents.name, model.likelihood.name]
    if not mark(contents, networks, heads, _inner_layers(model)):
        raise ExportError(
            "The networks have no product with weights that LiteRT could store smaller: dense or "
            "convolutional layers. Ask for precision float32 alone."
        )
    store_tflite(contents, marked)
    return list(weight_groups(contents).values())


def _inner_layers(model: Any) -> list[str]:
    """Returns the names of layers in the networks and heads that no layer of the prior has."""
    parts = (model.encoder, model.decoder, model.latents, model.likelihood)
    names = {layer.name for part in parts for layer in part._flatten_layers()}
    return sorted(names - {layer.name for layer in model.latents.prior._flatten_layers()})
