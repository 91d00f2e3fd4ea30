"""`tfvae export`: a preset or a file becomes a bundle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfvae_cli.console import console, megabytes, say, table
from tfvae_cli.examples_read import read
from tfvae_cli.model_given import ModelGivenError, is_keras_file, load_model


def run(
    source: str,
    folder: Path,
    to: Sequence[str],
    precisions: Sequence[str],
    data: str | None,
    batch: str,
    integer: bool,
    limits: Sequence[str],
    measure: bool,
) -> None:
    """Exports a model into a folder, and prints what came of it.

    Args:
        source: name or folder of a preset, or a `.keras` file.
        folder: where the bundle goes.
        to: what to write, each a name or several with commas between.
        precisions: the same, of precisions.
        data: what the artefacts are compared on; None takes a preset's own data set.
        batch: "dynamic", "static" or "both".
        integer: whether int8 files take and give int8.
        limits: each PRECISION=NUMBER.
        measure: whether to measure latency.
    """
    from tfvae import export

    vae, about, own = _model(source)
    chosen = data or own.get("name")
    x = representative = None
    if chosen:
        say(f"Reading {chosen}")
        x, representative, known = read(chosen, own.get("binary", False))
        about = {**known, **about}
    else:
        say("Without --data, the model's own samples stand for held-out examples.")
    report = export.bundle(
        vae,
        folder,
        x,
        _several(to),
        _several(precisions),
        batch=batch,
        representative=representative,
        integer=integer,
        about=about,
        limits=dict(map(_limit, _several(limits))),
        measure=measure,
        progress=say,
    )
    _show(report)


def _model(source: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Returns a model, what is said of it, and its own data: their name, and if they are binary."""
    from tfvae import zoo

    if is_keras_file(source):
        return load_model(source), {"name": Path(source).stem}, {}
    metadata = zoo.info(source)
    keys = {"name": "name", "summary": "summary", "licence": "licence"}
    about = {key: metadata[name] for key, name in keys.items() if name in metadata}
    binarization = metadata.get("recipe", {}).get("binarization", "none")
    own = {"name": metadata.get("data", {}).get("name"), "binary": binarization != "none"}
    return load_model(source), about, own


def _several(words: Sequence[str]) -> list[str]:
    return [part.strip() for word in words for part in word.split(",") if part.strip()]


def _limit(word: str) -> tuple[str, float]:
    name, sign, number = word.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise ModelGivenError(
            f"--limit must be PRECISION=NUMBER, such as int8=3, but is {word!r}."
        ) from None


def _show(report: Any) -> None:
    from tfvae.export.bundle_report import decode_one, elbo_change, worst

    heads = ["artefact", "size", "ELBO, nats", "worst output", "decode one"]
    rows = [
        [one["path"], megabytes(one["bytes"]), elbo_change(one), worst(one), decode_one(one)]
        for one in report.artefacts
    ]
    say("")
    console.print(table(heads, rows, "ELBO: its change on held-out examples, from the model's."))
    say(f"{report.path / 'report.html'} has the rest.")
