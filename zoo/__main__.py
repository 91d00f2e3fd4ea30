"""`python -m tfvae.zoo`: train the recipes, verify the cards, table the presets."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

BEGIN, END = "<!-- zoo:begin -->", "<!-- zoo:end -->"

app = typer.Typer(help="Train the recipes of the zoo, and check what its cards say.")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="A recipe of zoo/recipes.")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept and gone on with.")] = Path(
        "runs"
    ),
    output: Annotated[Path | None, typer.Option(help="The preset's folder.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="The first seeds alone; all if left out.")
    ] = None,
) -> None:
    """Train every seed of a recipe, score it, and write the preset."""
    from tfvae.zoo.hub import bundled
    from tfvae.zoo.publishing import publish
    from tfvae.zoo.recipe import find

    folder = publish(find(name), runs / name, output or bundled() / name, seeds=seed)
    typer.echo(f"The preset stands in {folder}.")
    if output is None:
        registry()


@app.command()
def cards() -> None:
    """Write the cards of all bundled presets anew, from their metadata, and the registry."""
    from tfvae.zoo.hub import bundled, list_presets
    from tfvae.zoo.publishing import write_card

    for name in list_presets():
        typer.echo(write_card(bundled() / name))
    registry()


@app.command()
def registry() -> None:
    """Write registry.json anew, from the bundled presets."""
    from tfvae.zoo.folder import METADATA
    from tfvae.zoo.home import write
    from tfvae.zoo.hub import bundled
    from tfvae.zoo.registry import bundled_registry, describe, text

    folders = sorted(path.parent for path in bundled().glob(f"*/{METADATA}"))
    content = describe(
        (folder, f"{bundled().name}/{folder.name}", folder.name) for folder in folders
    )
    write(bundled_registry(), text(content).encode())
    typer.echo(f"{bundled_registry()} has {len(content['presets'])} presets.")


@app.command()
def verify(name: Annotated[str, typer.Argument(help="A bundled preset, or a folder.")]) -> None:
    """Compute the figures of a card again; exit with 1 if one differs."""
    from tfvae.zoo.publishing import verify as verify_preset

    if not verify_preset(name, typer.echo):
        sys.exit(1)


@app.command()
def feature_network(
    name: Annotated[str, typer.Argument(help="The data set, mnist or fashion_mnist.")],
    output: Annotated[Path | None, typer.Option(help="The folder of its two files.")] = None,
) -> None:
    """Train the classifier in whose features `tfvae.evaluate` compares samples."""
    from tfvae.zoo.feature_networks import pinned, train

    typer.echo(f"The weights stand in {train(name, output or pinned())}.")


@app.command()
def table(
    update: Annotated[Path | None, typer.Option(help="Put it into this file instead.")] = None,
) -> None:
    """Print the presets as a Markdown table and their sheets, or replace a file's marked lines."""
    import os

    from tfvae.zoo.card import table as markdown
    from tfvae.zoo.gallery import sheets

    presets = _trained()
    text = f"{markdown(presets)}\n\n{sheets(presets, 'zoo/presets')}"
    if update is None:
        typer.echo(text)
        return
    before, begin, rest = update.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise typer.BadParameter(f"{update} must contain the lines {BEGIN} and {END}.")
    temporary = update.with_name(f".{update.name}.partial")
    temporary.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")
    os.replace(temporary, update)


@app.command()
def gallery(
    output: Annotated[Path, typer.Option(help="The page.")] = Path("docs/gallery.md"),
) -> None:
    """Write the page of all presets' pictures."""
    from tfvae.zoo.gallery import gallery as page
    from tfvae.zoo.home import write

    write(output, page(_trained(), "../zoo/presets").encode())
    typer.echo(f"The gallery stands in {output}.")


def _trained() -> list[dict[str, Any]]:
    """Returns the metadata of the bundled presets that recipes made."""
    from tfvae.zoo.hub import info, list_presets

    return [about for name in list_presets() if (about := info(name)).get("runs")]


if __name__ == "__main__":
    app()
