"""`tfvae impute`: the missing values of examples, filled in by a model."""

from pathlib import Path

import numpy as np

from tfvae_cli.console import say
from tfvae_cli.examples_read import Ordered, as_asked, read_in_order
from tfvae_cli.files_read import DataGivenError, read_rows
from tfvae_cli.model_given import about, load_model
from tfvae_cli.pairs_drawn import pairs
from tfvae_cli.results_written import (
    ARRAYS,
    PICTURES,
    TABLES,
    as_json,
    check_count,
    check_place,
    put_examples,
)

BYTE_OF_ONE = np.float32(1.0) / np.float32(255.0)


def run(
    model: str,
    data: str,
    mask: Path | None,
    output: Path,
    steps: int,
    seed: int,
    binarize: str | None,
    batch_size: int,
    json: bool,
) -> None:
    """Writes examples with their missing values filled in.

    Args:
        model: what `load_model` takes.
        data: what `read_in_order` takes.
        mask: a file of ones where a value is there and zeros where it is missing, of the shape of
            one example or of all; None if the missing ones are NaN in the data.
        output: where they go; one picture shows them below the examples with their holes.
        steps: how often z is drawn.
        seed: seed of the draws.
        binarize: `"fixed"` draws pixels once; values are else taken as they are.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    vae = load_model(model)
    about_it, shape = about(model), vae.likelihood.mean_shape
    suffix = check_place(output, (*PICTURES, *ARRAYS, *TABLES), shape, about_it.is_series)
    given = read_in_order(data, vae, holes=True, schema=about_it.schema)
    check_count(output, suffix, 2 * len(given.x))
    observed = ~np.isnan(given.x) if mask is None else _mask(mask, given.x)
    if observed.all():
        cure = "give --mask FILE, or NaN in their place." if mask is None else "the mask is all 1."
        raise DataGivenError(f"No value of {data} is missing: {cure}")
    known = given._replace(x=np.where(observed, given.x, 0.0).astype(np.float32))
    known = as_asked(vae, known, binarize, "none")
    from tfvae_cli.progress import waiting

    with waiting("Imputing"):
        filled = vae.impute(known.rows(slice(None)), observed, steps, seed, batch_size)
    shown = np.where(observed, given.x, np.nan)
    put_examples(
        output,
        suffix,
        filled,
        given.names,
        given.columns,
        lambda: pairs(shown, filled, "filled", about_it),
        about_it.schema,
        _kept(given, observed),
    )
    missing = int(observed.size - observed.sum())
    if json:
        facts = {"model": model, "data": data, "examples": len(filled), "missing": missing}
        print(as_json({**facts, "seed": seed, "output": output}))
        return
    say(f"{len(filled):,} examples with {missing:,} values filled in stand in {output}.")


def _kept(given: Ordered, observed: np.ndarray) -> dict[str, list[str]] | None:
    """Returns the cells of a table in words and units that are observed, "" for the others."""
    if given.cells is None:
        return None
    pairs = zip(given.cells.items(), observed.T, strict=True)
    return {
        name: [cell if there else "" for cell, there in zip(cells, known, strict=True)]
        for (name, cells), known in pairs
    }


def _mask(path: Path, x: np.ndarray) -> np.ndarray:
    """Returns which values are observed, `[N, *shape]`."""
    from tfvae.pipeline import same_but_for_ones

    if not path.is_file():
        raise DataGivenError(f"There is no mask {path}.")
    values = read_rows(path).values
    if path.suffix.lower() == ".png":
        # White is 1, in whatever channels.
        values = values.mean(axis=-1)
    one, size = x.shape[1:], x[0].size
    shapes = ((len(x), *one), one, (1, *one), (len(x), size), (size,), (1, size))
    if not any(same_but_for_ones(values.shape, shape) for shape in shapes):
        raise DataGivenError(
            f"The mask {path} has shape {values.shape}, but one example has {one}, and all of them "
            f"{x.shape}."
        )
    # Ones that are stored as bytes were divided by 255.
    if not np.isin(values, np.array([0.0, BYTE_OF_ONE, 1.0], np.float32)).all():
        raise DataGivenError(
            f"The mask {path} must be 1 where a value is there and 0 where it is missing, but has "
            "other values."
        )
    return np.broadcast_to(values.reshape(-1, *one) > 0.0, x.shape)
