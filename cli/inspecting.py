"""`tfvae inspect`: what a file or a folder holds, without running it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae_cli.console import console, megabytes, say, table, title

SHOWN_WEIGHTS = 10
# What model.json and metadata.json say of a model in a line each.
SAID = ("name", "summary", "precision", "licence", "data", "keras_version", "tfvae_version")


def run(source: str, as_json: bool) -> None:
    """Prints what a file, a folder or a preset holds.

    Args:
        source: a `.tflite` or `.keras` file, a SavedModel's or a preset's folder, or the name of a
            bundled preset.
        as_json: whether to print JSON.

    Raises:
        tfvae.export.ArtefactError: if it cannot be read.
        tfvae.zoo.PresetError: if it is the name of no preset.
    """
    from tfvae import export

    contents = export.inspect(_place(source))
    if as_json:
        # Not by rich, which would wrap it.
        print(json.dumps(contents.as_dict(), indent=1))
        return
    _show(contents)


def _place(source: str) -> Path:
    """Returns where a source is: the folder of a bundled preset, unless it is a path itself."""
    path = Path(source)
    if path.exists() or path.suffix or len(path.parts) != 1:
        return path
    from tfvae import zoo

    return Path(zoo.info(source)["folder"])


def _show(contents: Any) -> None:
    title(f"{contents.path}: {contents.kind}, {megabytes(contents.sizes['all'])}")
    for key, value in _said(contents.about):
        say(f"  {key.replace('_', ' '):18}{value}")
    checked = ", ".join(contents.checked_by)
    say(f"  {'checksums':18}{f'those of {checked}' if checked else 'none to compare with'}")
    if contents.endpoints:
        say(f"  {'endpoints':18}{', '.join(contents.endpoints)}")
    elif not contents.signatures:
        say(f"  {'endpoints':18}none before it is exported: tfvae export")
    for made in _tables(contents):
        if made.row_count:
            say("")
            console.print(made)


def _said(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from tfvae.export.inspecting.described import printable

    # A bundle's file says which of its artefacts it is, and a preset more of its data.
    artefact, data = (
        about[key] if isinstance(about.get(key), dict) else {} for key in ("artefact", "data")
    )
    found = {**about, "precision": artefact.get("precision")}
    found["data"] = data.get("name", about.get("data"))
    for key in SAID:
        if isinstance(found.get(key), str):
            yield key, printable(found[key])


def _tables(contents: Any) -> Iterator[Any]:
    heads = ["signature: takes, -> returns", "type", "shape", "meaning"]
    yield table(heads, list(_values(contents.signatures)), words=4, wraps=3)
    if contents.signatures:
        rows = [[one.name, f"{one.count:,}", _types(one.types)] for one in contents.operators]
        yield table(["operation", "count", "computes in"], rows)
    else:
        yield table(["class", "count"], [[one.name, str(one.count)] for one in contents.operators])
    rows = [
        [name, *(f"{row[key]:,}" for key in ("weights", "numbers")), megabytes(row["bytes"])]
        for name, row in contents.precisions.items()
    ]
    yield table(["weights of", "arrays", "numbers", "size"], rows)
    rows = [
        [one.name, _stored_as(one), _shape(one.shape), megabytes(one.bytes)]
        for one in contents.weights[:SHOWN_WEIGHTS]
    ]
    count = len(contents.weights)
    head = "weight" if count <= SHOWN_WEIGHTS else f"{SHOWN_WEIGHTS} of {count} weights"
    yield table([head, "stored as", "shape", "size"], rows, words=3, wraps=0)
    rows = [[name, f"{count:,}"] for name, count in contents.activations.items()]
    yield table(["activations of", "count"], rows)
    rows = [[name, f"{size:,}"] for name, size in contents.sizes.items()]
    yield table(["part", "bytes"], rows)


def _values(signatures: Sequence[Any]) -> Iterator[list[str]]:
    for signature in signatures:
        yield [signature.name or "(no name)", "", "", ""]
        for arrow, side in (("  ", signature.inputs), ("  -> ", signature.outputs)):
            for one in side:
                meaning = one.meaning
                if one.kind:
                    meaning += f" ({one.kind})"
                if one.scale is not None:
                    meaning += f" (a step is {one.scale:.3g}, {one.zero_point} is 0)"
                if one.limits is not None:
                    low, high = map(_number, one.limits)
                    meaning += f" ({low} to {high})"
                yield [arrow + one.name, one.dtype, _shape(one.shape), meaning.strip()]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _types(types: Mapping[str, int]) -> str:
    if len(types) == 1:
        return next(iter(types))
    return ", ".join(f"{name} {count:,}" for name, count in types.items())


def _stored_as(weight: Any) -> str:
    role = "" if weight.role == "weight" else weight.role
    return ", ".join(filter(None, (weight.dtype, weight.quantised, role)))


def _shape(shape: tuple[int | None, ...] | None) -> str:
    if shape is None:
        return "any"
    return f"[{', '.join('any' if length is None else str(length) for length in shape)}]"
