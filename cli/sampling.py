"""`tfvae sample`: new examples of a model, as a picture, pictures, arrays or a table."""

import math
import random
from pathlib import Path

from tfvae_cli.console import say
from tfvae_cli.model_given import load_model
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
        seed: of the draws; None takes one by chance, which is said.
        columns: of a grid; None for as many as it has rows, but not more than 16.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    vae = load_model(model)
    suffix = check_place(output, (*PICTURES, *ARRAYS, *TABLES), vae.likelihood.mean_shape)
    check_count(output, suffix, n)
    from tfvae import plots
    from tfvae_cli.progress import waiting

    seed = random.randrange(2**31) if seed is None else seed
    with waiting("Sampling"):
        x = vae.sample(n, seed, component=component, temperature=temperature, batch_size=batch_size)
    digits = len(str(n - 1))
    names = [str(number).zfill(digits) for number in range(n)]
    wide = columns or min(math.ceil(math.sqrt(n)), MOST_COLUMNS)
    put_examples(output, suffix, x, names, None, lambda: plots.image_grid(x, wide))
    if json:
        facts = {"model": model, "n": n, "seed": seed, "component": component}
        print(as_json({**facts, "shape": x.shape, "output": output}))
        return
    of = "" if component is None else f" of component {component}"
    say(f"{n} samples{of} of {model}, seed {seed}, stand in {output}.")
