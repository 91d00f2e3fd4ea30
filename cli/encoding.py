"""`tfvae encode`: where examples lie in the latent space of a model."""

from pathlib import Path
from typing import Any

import numpy as np

from tfvae_cli.console import say
from tfvae_cli.examples_read import as_asked, read_in_order
from tfvae_cli.model_given import about, load_model
from tfvae_cli.results_written import (
    ARRAYS,
    TABLES,
    as_columns,
    as_json,
    check_place,
    put_arrays,
    put_table,
)


def run(
    model: str, data: str, output: Path, binarize: str | None, batch_size: int, json: bool
) -> None:
    """Writes the latents of examples.

    Args:
        model: what `load_model` takes.
        data: what `read_in_order` takes.
        output: where they go. An `.npz` file has the posterior's parameters too.
        binarize: `"fixed"` draws pixels once; values are else taken as they are.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    suffix = check_place(output, (*ARRAYS, *TABLES))
    vae = load_model(model)
    given = as_asked(vae, read_in_order(data, vae, schema=about(model).schema), binarize, "none")
    z, parameters = _latents(vae, given, batch_size)
    if suffix in TABLES:
        put_table(output, suffix, {"name": given.names, **as_columns(z, stem="z")})
    else:
        put_arrays(output, suffix, {"z": z, "names": np.array(given.names), **parameters})
    if json:
        facts = {"model": model, "data": data, "examples": len(z), "latent_shape": z.shape[1:]}
        print(as_json({**facts, "output": output}))
        return
    say(f"The latents of {len(z):,} examples, {z.shape[1:]} each, stand in {output}.")


def _latents(vae: Any, given: Any, batch_size: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Returns the points that stand for the posteriors, and the posteriors' parameters."""
    import tensorflow as tf

    from tfvae_cli.progress import in_batches

    points, parameters = [], []
    for part in in_batches("Encoding", len(given.x), batch_size):
        found = vae.infer_parameters(tf.nest.map_structure(tf.constant, given.rows(part)))
        points.append(vae.latents.point(found).numpy())
        parameters.append({name: value.numpy() for name, value in found.items()})
    names = [name for name in parameters[0] if name not in ("z", "names")]
    joined = {name: np.concatenate([found[name] for found in parameters]) for name in names}
    return np.concatenate(points), joined
