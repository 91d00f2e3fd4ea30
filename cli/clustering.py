"""`tfvae cluster`: to which component of a model each example belongs."""

from pathlib import Path

import numpy as np

from tfvae_cli.console import console, say, table, title
from tfvae_cli.examples_read import as_asked, read_in_order
from tfvae_cli.model_given import load_model
from tfvae_cli.results_written import ARRAYS, TABLES, as_json, check_place, put_arrays, put_table


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
    suffix = None if output is None else check_place(output, (*TABLES, *ARRAYS))
    vae = load_model(model)
    given = as_asked(vae, read_in_order(data, vae), binarize, "none")
    from tfvae_cli.progress import in_batches

    shares = np.concatenate(
        [
            vae.responsibilities(given.rows(part), batch_size)
            for part in in_batches("Clustering", len(given.x), batch_size)
        ]
    )
    component, probability = shares.argmax(axis=1), shares.max(axis=1)
    columns = {"name": given.names, "component": component, "probability": probability}
    if output is not None and suffix in TABLES:
        put_table(output, suffix, columns)
    elif output is not None and suffix is not None:
        names = {"names": np.array(given.names), "probability": probability}
        arrays = {"component": component, **names, "responsibilities": shares}
        put_arrays(output, suffix, arrays)
    counts = np.bincount(component, minlength=shares.shape[1])
    if json:
        facts = {"model": model, "data": data, "examples": len(shares), "counts": counts}
        rows = zip(given.names, component, probability, strict=True)
        labels = [dict(zip(columns, row, strict=True)) for row in rows]
        print(as_json({**facts, "labels": labels, "output": output}))
        return
    title(f"{len(shares):,} examples of {data} by component of {model}")
    means = [
        probability[component == k].mean() if counts[k] else np.nan for k in range(len(counts))
    ]
    rows_shown = [
        [str(k), f"{counts[k]:,}", "-" if not counts[k] else f"{means[k]:.3f}"]
        for k in range(len(counts))
    ]
    console.print(table(["component", "examples", "mean probability"], rows_shown))
    if output is None:
        say("-o FILE writes the component of each example, --json prints it.")
    else:
        say(f"The component of each example stands in {output}.")
