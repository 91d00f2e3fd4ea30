"""`python -m tfvae.zoo train NAME` and `python -m tfvae.zoo verify NAME`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train the recipes of the zoo, and check what its cards say.")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="A recipe of zoo/recipes.")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept and gone on with.")] = Path(
        "runs"
    ),
    output: Annotated[Path | None, typer.Option(help="The preset's folder.")] = None,
) -> None:
    """Train every seed of a recipe, score it, and write the preset."""
    from tfvae.zoo.hub import bundled
    from tfvae.zoo.publishing import publish
    from tfvae.zoo.recipe import find

    folder = publish(find(name), runs / name, output or bundled() / name)
    typer.echo(f"The preset stands in {folder}.")


@app.command()
def verify(name: Annotated[str, typer.Argument(help="A bundled preset, or a folder.")]) -> None:
    """Compute the figures of a card again; exit with 1 if one differs."""
    from tfvae.zoo.publishing import verify as verify_preset

    if not verify_preset(name, typer.echo):
        sys.exit(1)


if __name__ == "__main__":
    app()
