"""`tfvae sample`: new examples of a model, as a picture, pictures, arrays or a table."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np

from tfvae_cli.console import say
from tfvae_cli.files_read import read_named
from tfvae_cli.model_given import ModelGivenError, about, load_model
from tfvae_cli.results_written import (
    ARRAYS,
    PICTURES,
    TABLES,
    as_json,
    check_count,
    check_place,
    put_examples,
)

MOST_COLUMNS = 16


def run(
    model: str,
    output: Path,
    n: int,
    component: int | None,
    temperature: float,
    given: Path | None,
    seed: int | None,
    columns: int | None,
    batch_size: int,
    json: bool,
) -> None:
    """Draws examples and writes them.

    Args:
        model: what `load_model` takes.
        output: where they go; its suffix says how.
        n: how many.
        component: of a mixture; None for all, by their weights.
        temperature: what the noise around a location is multiplied by.
        given: an `.npz` file of what the model reads beside z, by name; None for nothing.
        seed: of the draws; None takes one by chance, which is said.
        columns: of a grid; None for as many as it has rows, but not more than 16.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    vae = load_model(model)
    beside = _given(vae, given)
    known, shape = about(model), vae.likelihood.mean_shape
    suffix = check_place(output, (*PICTURES, *ARRAYS, *TABLES), shape, known.is_series)
    check_count(output, suffix, n)
    from tfvae_cli.progress import waiting

    seed = random.randrange(2**31) if seed is None else seed
    with waiting("Sampling"):
        x = vae.sample(n, seed, component, temperature, batch_size, **beside)
    digits = len(str(n - 1))
    names = [str(number).zfill(digits) for number in range(n)]
    wide = columns or min(math.ceil(math.sqrt(n)), MOST_COLUMNS)
    put_examples(output, suffix, x, names, None, lambda: known.grid(x, wide), known.schema)
    if json:
        facts = {"model": model, "n": n, "seed": seed, "component": component}
        print(as_json({**facts, "shape": x.shape, "output": output}))
        return
    of = "" if component is None else f" of component {component}"
    say(f"{n} samples{of} of {model}, seed {seed}, stand in {output}.")


def _given(vae: Any, path: Path | None) -> dict[str, np.ndarray]:
    """Returns what the model reads beside z, by name."""
    wanted = vae.generative_inputs()
    beside = {} if path is None else read_named(path)
    missing = [name for name, one in wanted.items() if one.needed and name not in beside]
    if missing or set(beside) - set(wanted):
        reads = f"an .npz file with {', '.join(sorted(wanted))}" if wanted else "nothing"
        raise ModelGivenError(
            f"Beside its latents the model reads {reads}, one for all samples or one for each: "
            f"--given {path or 'FILE'} holds {', '.join(sorted(beside)) or 'nothing'}."
        )
    return beside
