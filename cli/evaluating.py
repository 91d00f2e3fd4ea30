"""Scoring a preset or a file on held-out data."""

from pathlib import Path
from typing import Any

import typer

from tfvae_cli.console import console, say, table, title, warnings_in_a_line
from tfvae_cli.examples_read import SEED, by_model
from tfvae_cli.model_given import load_model


def run(
    model: str,
    data: str,
    output: Path | None,
    num_samples: int,
    limit: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Scores a model on the test examples of a data set, and prints or writes what was found.

    Args:
        model: name or folder of a preset, or a .keras file.
        data: name of the data set.
        output: folder for the report; None writes none.
        num_samples: importance samples.
        limit: how many test examples at most; None for all.
        seed: seed of all samples.
        as_json: whether the report is printed as JSON alone.
    """
    import tfvae
    from tfvae.zoo import data as zoo_data

    vae = load_model(model)
    dataset = zoo_data.load(data)
    x_test = dataset.x_test[:limit]
    with warnings_in_a_line():
        report = tfvae.evaluate.report(
            vae,
            _as_read(vae, x_test),
            dataset.y_test[:limit],
            x_train=dataset.x_train,
            labels_train=dataset.y_train,
            network=data if data in ("mnist", "fashion_mnist") else None,
            num_samples=num_samples,
            seed=seed,
            progress=not as_json,
        )
    if output is not None:
        report.save(output)
    if as_json:
        typer.echo(report.to_json(), nl=False)
        return
    title(f"{model} on {len(x_test):,} test examples of {data}")
    console.print(table(["part", "score", "value"], [list(row) for row in report.rows()]))
    for part, why in report.left_out.items():
        say(f"{part}: left out, {why}")
    if output is not None:
        say(f"report.json and sheet.png stand in {output}.")


def _as_read(vae: Any, x: Any) -> Any:
    """Returns examples as the likelihood reads them: binary, once, if it is of binary images."""
    from tfvae.pipeline import Images

    return Images(x, by_model(vae, "fixed"), seed=SEED)
