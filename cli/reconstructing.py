"""`tfvae reconstruct`: what a model makes of examples by way of its latent space."""

from pathlib import Path

import numpy as np

from tfvae_cli.console import say
from tfvae_cli.examples_read import as_asked, read_in_order
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


def run(
    model: str, data: str, output: Path, binarize: str | None, batch_size: int, json: bool
) -> None:
    """Writes the reconstructions of examples, by the points that stand for their posteriors.

    Args:
        model: what `load_model` takes.
        data: what `read_in_order` takes.
        output: where they go; one picture shows them below the examples.
        binarize: `"fixed"` draws pixels once; values are else taken as they are.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    vae = load_model(model)
    known, shape = about(model), vae.likelihood.mean_shape
    suffix = check_place(output, (*PICTURES, *ARRAYS, *TABLES), shape, known.is_series)
    given = as_asked(vae, read_in_order(data, vae, schema=known.schema), binarize, "none")
    check_count(output, suffix, 2 * len(given.x))
    from tfvae_cli.progress import in_batches

    made = np.concatenate(
        [
            vae.reconstruct(given.rows(part), batch_size=batch_size)
            for part in in_batches("Reconstructing", len(given.x), batch_size)
        ]
    )
    put_examples(
        output,
        suffix,
        made,
        given.names,
        given.columns,
        lambda: pairs(given.x, made, "rebuilt", known),
        known.schema,
    )
    error = None
    if made.shape == given.x.shape:
        error = float(np.nanmean(np.square(made.astype(np.float64) - given.x)))
    if json:
        facts = {"model": model, "data": data, "examples": len(made), "squared_error": error}
        print(as_json({**facts, "output": output}))
        return
    told = "" if error is None else f" Their mean squared error, a value, is {error:.4g}."
    say(f"The reconstructions of {len(made):,} examples stand in {output}.{told}")
