"""TFLite files: the endpoints as signatures of one file, for LiteRT."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .converting import ConversionError, Job, convert
from .errors import ExportError
from .placing import file_target, report_of_file, workspace
from .report import ParityReport
from .subject import prepare, prove
from .to_saved_model import write_saved_model


def litert(
    vae: Any, path: str | os.PathLike, x: Any = None, tolerance: float = 1e-5
) -> ParityReport:
    """Exports a model as one TFLite file of builtin operations, proven equal to the model.

    It has the same signatures as `saved_model` makes, which share their weights; each takes a
    batch of any size, and computes in float32.

    Every output is compared with the model's on batches of examples, at extremes and far out. The
    report is written beside the file: `vae.parity.json` beside `vae.tflite`.

    Args:
        vae: a `tfvae.VAE`.
        path: the file, its name ending in .tflite; one that is there is replaced, once the new one
            has passed.
        x: examples to compare on, float `[N, *event_shape]`, of which the first 17 are used; None
            takes means of the model's own samples.
        tolerance: the largest max|a - b| / max|a| that an output may have. Where float32 itself
            errs by more than a tenth of it, ten times that error.

    Returns:
        The `ParityReport`; `print` shows its table.

    Raises:
        ExportError: if the path cannot be written, the model cannot be exported (LiteRT lacks an
            operation of it, say), or an output differs by more than the tolerance. The files are
            then as they were.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> report = tfvae.export.litert(vae, "vae.tflite")
        >>> artefact = tfvae.export.open_artefact("vae.tflite")
        >>> artefact.run("decode", z=[[0.0, 0.0]])["mean"].shape
        (1, 4, 4, 1)
    """
    target = file_target(path)
    with workspace(target) as folder:
        subject = prepare(vae, x, tolerance)
        made = folder / target.name
        write_saved_model(subject.endpoints, folder / "saved_model")
        write_tflite(folder / "saved_model", list(subject.endpoints), made)
        report = prove(subject, made, "TFLite")
        report.write(report_of_file(made))
        os.replace(made, target)
        os.replace(report_of_file(made), report_of_file(target))
    return replace(report, path=target)


def write_tflite(saved_model: Path, signatures: list[str], file: Path) -> None:
    """Converts a SavedModel to a TFLite file.

    Raises:
        ExportError: if the converter fails.
    """
    write_tflite_files([Job(str(saved_model), signatures, str(file))])


def write_tflite_files(jobs: Sequence[Job]) -> None:
    """Converts SavedModels to TFLite files, by one converter.

    Raises:
        ExportError: if the converter fails.
    """
    try:
        convert(jobs)
    except ConversionError as error:
        if error.lacking:
            raise ExportError(
                "LiteRT has no builtin operation for what the model computes with "
                f"{', '.join(error.lacking)}. Replace the layer that uses it; `saved_model` "
                "exports the model as it is."
            ) from error
        raise ExportError(
            f"TensorFlow's converter to TFLite failed. It wrote last: {str(error)[-2000:]}"
        ) from error
