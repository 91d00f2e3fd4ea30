"""SavedModels: the endpoints as signatures, in a folder that TensorFlow alone can run."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from .endpoints import Endpoint
from .errors import ExportError
from .placing import REPORT_IN_FOLDER, folder_target, put_folder, workspace
from .report import ParityReport
from .running import SERVING_DEFAULT
from .subject import prepare, prove

# What a server calls if a request names no signature.
DEFAULT = "encode"


def saved_model(
    vae: Any, path: str | os.PathLike, x: Any = None, tolerance: float = 1e-5
) -> ParityReport:
    """Exports a model as a SavedModel that needs TensorFlow alone, proven equal to the model.

    Its signatures are `encode`, `decode`, `reconstruct`, `interpolate`, `impute`, `sample`, `elbo`
    and `anomaly_score`, and with a mixture prior `sample_component` and `cluster`, with labels
    `predict_labels`, with latents of codes `codes` and `decode_codes`; all with named inputs and
    outputs and a batch of any size; `tfvae.export.endpoints` lists the inputs. A server that
    batches requests may join those of any signature: every input and output has a row for each
    example. `serving_default`, what a request without a name asks for, is `encode`. It holds the
    weights that these need, in float32 whatever precision the model trained in, and no optimiser.

    Every output is compared with the model's on batches of examples, at extremes and far out. The
    report is written to `assets.extra/parity.json` in the folder.

    Args:
        vae: a `tfvae.VAE`.
        path: the folder; a SavedModel that tfvae wrote there before is replaced, once the new one
            has passed.
        x: examples to compare on, float `[N, *event_shape]`, of which the first 17 are used; None
            takes means of the model's own samples.
        tolerance: the largest max|a - b| / max|a| that an output may have. Where float32 itself
            errs by more than a tenth of it, ten times that error.

    Returns:
        The `ParityReport`; `print` shows its table.

    Raises:
        ExportError: if the path cannot be written or holds anything else, the model cannot be
            exported, or an output differs by more than the tolerance. The path is then as it was.

    Example:
        >>> import tfvae
        >>> vae = tfvae.VAE(
        ...     tfvae.encoders.MLP((8,)),
        ...     tfvae.decoders.MLP((8,)),
        ...     posterior=tfvae.families.DiagonalNormal(2),
        ...     likelihood=tfvae.families.Bernoulli((4, 4, 1)),
        ... )
        >>> report = tfvae.export.saved_model(vae, "saved")
        >>> report.worst.difference < 1e-5
        True
        >>> artefact = tfvae.export.open_artefact("saved")
        >>> artefact.run("sample", seed=[7, 7, 7], index=[0, 1, 2])["mean"].shape
        (3, 4, 4, 1)
    """
    target = folder_target(path)
    with workspace(target) as folder:
        subject = prepare(vae, x, tolerance)
        made = folder / "saved_model"
        write_saved_model(subject.endpoints, made)
        report = prove(subject, made, "SavedModel")
        report.write(made / REPORT_IN_FOLDER)
        put_folder(made, target)
    return replace(report, path=target)


def write_saved_model(endpoints: Mapping[str, Endpoint], folder: Path) -> None:
    """Writes endpoints as the signatures of a SavedModel, and `encode` as `serving_default` too.

    Raises:
        ExportError: if one of them cannot be traced.
    """
    signatures = {name: _traced(name, endpoint) for name, endpoint in endpoints.items()}
    if DEFAULT in signatures:
        signatures[SERVING_DEFAULT] = signatures[DEFAULT]
    module = tf.Module()
    # What the graphs read, and nothing else that the model or its layers hold.
    captured = [variable for function in signatures.values() for variable in function.variables]
    module.weights = list({id(variable): variable for variable in captured}.values())
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        raise ExportError(
            f"TensorFlow cannot save the model as a SavedModel: {error}. Keep what your own layers "
            "read in Keras weights; look-up tables and files do not belong in an artefact."
        ) from error


def _traced(name: str, endpoint: Endpoint) -> Any:
    try:
        return tf.function(
            _with_keywords(endpoint.function), autograph=False
        ).get_concrete_function(**endpoint.inputs)
    except Exception as error:
        # Keras and TensorFlow raise many types here; to the user all say the same.
        raise ExportError(
            f"The endpoint `{name}` cannot be traced by `tf.function`: {error}. Write your own "
            "layers with `keras.ops` or TensorFlow operations only."
        ) from error


def _with_keywords(function: Callable[..., Any]) -> Callable[..., Any]:
    # The signature's inputs are then named by the keywords, in whatever order they were stated.
    return lambda **inputs: function(**inputs)
