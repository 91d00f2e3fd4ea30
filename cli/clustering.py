"""`tfvae cluster`: to which component of a model each example belongs."""

from pathlib import Path

import numpy as np

from tfvae_cli.console import console, say, table, title
from tfvae_cli.examples_read import as_asked, read_in_order
from tfvae_cli.model_given import about, load_model
from tfvae_cli.results_written import ARRAYS, TABLES, as_json, as_rows, check_place, put_results


def run(
    model: str,
    data: str,
    output: Path | None,
    binarize: str | None,
    batch_size: int,
    json: bool,
) -> None:
    """Writes or prints the most probable component of each example, with its probability.

    Args:
        model: what `load_model` takes; it must have components.
        data: what `read_in_order` takes.
        output: where they go; None for no file. An `.npz` file has all responsibilities too.
        binarize: `"fixed"` draws pixels once; values are else taken as they are.
        batch_size: examples at a time.
        json: whether to print JSON alone.
    """
    if output is not None:
        check_place(output, (*TABLES, *ARRAYS))
    vae = load_model(model)
    given = as_asked(vae, read_in_order(data, vae, schema=about(model).schema), binarize, "none")
    from tfvae_cli.progress import in_batches

    shares = np.concatenate(
        [
            vae.responsibilities(given.rows(part), batch_size)
            for part in in_batches("Clustering", len(given.x), batch_size)
        ]
    )
    columns = {
        "name": given.names,
        "component": shares.argmax(axis=1),
        "probability": shares.max(axis=1),
    }
    if output is not None:
        put_results(output, columns, {"responsibilities": shares})
    if json:
        counts = np.bincount(columns["component"], minlength=shares.shape[1])
        facts = {"model": model, "data": data, "examples": len(shares), "counts": counts}
        print(as_json({**facts, "labels": as_rows(columns), "output": output}))
        return
    title(f"{len(shares):,} examples of {data} by component of {model}")
    console.print(table(["component", "examples", "mean probability"], _rows(shares)))
    if output is None:
        say("-o FILE writes the component of each example, --json prints it.")
    else:
        say(f"The component of each example stands in {output}.")


def _rows(shares: np.ndarray) -> list[list[str]]:
    """Returns the number of examples of each component, and how sure they are of it."""
    component, probability = shares.argmax(axis=1), shares.max(axis=1)
    rows = []
    for k in range(shares.shape[1]):
        own = probability[component == k]
        rows.append([str(k), f"{len(own):,}", f"{own.mean():.3f}" if len(own) else "-"])
    return rows
