"""`tfvae interpolate`: what lies between two examples, on the way through the latent space."""

from pathlib import Path

import numpy as np

from tfvae_cli.console import say
from tfvae_cli.examples_read import as_asked, read_in_order
from tfvae_cli.files_read import DataGivenError
from tfvae_cli.model_given import about, load_model
from tfvae_cli.results_written import (
    ARRAYS,
    PICTURES,
    TABLES,
    as_columns,
    as_json,
    check_count,
    check_place,
    in_words,
    put_arrays,
    put_examples,
    put_table,
)


def run(
    model: str,
    a: str,
    b: str,
    output: Path,
    steps: int,
    binarize: str | None,
    batch_size: int,
    json: bool,
) -> None:
    """Writes the means on the way from each example of one source to its fellow of another.

    Args:
        model: what `load_model` takes.
        a: where to begin, as `read_in_order` takes it.
        b: where to end, with as many examples.
        output: where they go; a picture has a row for each pair.
        steps: how many, both ends included.
        binarize: `"fixed"` draws pixels once; values are else taken as they are.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    vae = load_model(model)
    known, shape = about(model), vae.likelihood.mean_shape
    suffix = check_place(output, (*PICTURES, *ARRAYS, *TABLES), shape, known.is_series)
    begin, end = (
        as_asked(vae, read_in_order(each, vae, schema=known.schema), binarize, "none")
        for each in (a, b)
    )
    if len(begin.x) != len(end.x):
        raise DataGivenError(
            f"{a} holds {len(begin.x)} examples, but {b} holds {len(end.x)}: there must be as many."
        )
    check_count(output, suffix, steps * len(begin.x))
    from tfvae_cli.progress import waiting

    with waiting("Interpolating"):
        every = slice(None)
        made = vae.interpolate(begin.rows(every), end.rows(every), steps, batch_size)
    flat = made.reshape(-1, *made.shape[2:])
    pair = np.repeat(np.arange(len(made)), steps)
    step = np.tile(np.arange(steps), len(made))
    if suffix in ARRAYS:
        put_arrays(output, suffix, {"x": made})
    elif suffix in TABLES:
        columns = (
            as_columns(flat, begin.columns)
            if known.schema is None
            else in_words(known.schema, flat, suffix)
        )
        put_table(output, suffix, {"pair": pair, "step": step, **columns})
    else:
        names = [
            f"{p:0{len(str(len(made) - 1))}}-{s:0{len(str(steps - 1))}}"
            for p, s in zip(pair, step, strict=True)
        ]
        put_examples(output, suffix, flat, names, None, lambda: known.grid(flat, steps))
    if json:
        print(as_json({"model": model, "pairs": len(made), "steps": steps, "output": output}))
        return
    pairs = "1 pair" if len(made) == 1 else f"{len(made):,} pairs"
    say(f"{steps} steps between the two of {pairs} stand in {output}.")
