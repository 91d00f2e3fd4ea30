"""The commands. What is heavy is imported inside them, so that `tfvae --help` answers at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tfvae_cli import using
from tfvae_cli.errors import is_ours, one_line
from tfvae_cli.zoo import cache_app, zoo_app

app = typer.Typer(
    name="tfvae",
    help="Variational autoencoders for Keras 3: train them, take them from a zoo, ship them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
START, LOOK, USE, TRAIN, SHIP, ZOO = (
    "Start here",
    "Look at a model",
    "Use a model",
    "Train a model",
    "Ship a model",
    "Keep a zoo",
)
app.add_typer(zoo_app, rich_help_panel=ZOO)
app.add_typer(cache_app, rich_help_panel=ZOO)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tfvae {version('tfvae')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Variational autoencoders for Keras 3: train them, take them from a zoo, ship them."""


@app.command(rich_help_panel=START)
def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to leave everything.")
    ] = Path("tfvae-demo"),
    seed: Annotated[int, typer.Option(help="Seed of the training and of all draws.")] = 0,
) -> None:
    """Train, score, draw, save, export and run a model on handwritten digits, in a minute or two.

    Needs no network. Leaves pictures, the model, its artefacts and report.html in a folder.
    """
    from tfvae_cli.demo import run

    run(output, seed)


@app.command("list", rich_help_panel=LOOK)
def list_presets(
    pattern: Annotated[
        str, typer.Argument(help="Only names that match; * stands for anything.")
    ] = "*",
) -> None:
    """List the pretrained models that are known by name, with their scores."""
    from tfvae_cli.presets import show_list

    show_list(pattern)


@app.command(rich_help_panel=LOOK)
def info(
    name: Annotated[str, typer.Argument(help="A preset's name, folder or address.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, for programs to read.")
    ] = False,
) -> None:
    """Show what a preset says about itself, after checking its files."""
    from tfvae_cli.presets import show_info

    show_info(name, as_json)


@app.command("inspect", rich_help_panel=LOOK)
def inspect_artefact(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A .tflite or .keras file, the folder of a SavedModel or a preset, or a bundled "
            "preset's name.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, for programs to read.")
    ] = False,
) -> None:
    """List what a file or a folder holds, without running it: signatures, operations, sizes.

    It need not be one of tfvae's. Where there are checksums, they are compared first.
    """
    from tfvae_cli.inspecting import run

    run(source, as_json)


for command in using.COMMANDS:
    app.command(rich_help_panel=USE)(command)
app.command(rich_help_panel=TRAIN)(using.finetune)


@app.command(rich_help_panel=TRAIN)
def train(
    name: Annotated[str, typer.Argument(help="A recipe; `tfvae recipes` lists them.")],
    seed: Annotated[
        int | None, typer.Option(help="Seed of the run; the recipe's first if left out.")
    ] = None,
    runs: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where runs are kept, and gone on with.")
    ] = Path("runs"),
) -> None:
    """Train a recipe of the zoo; a killed run goes on where it stopped, with the same result."""
    from tfvae_cli.training import run

    run(name, seed, runs)


@app.command("export", rich_help_panel=SHIP)
def export_bundle(
    source: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A preset (name, folder, address) or a .keras file."),
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the bundle goes.")],
    to: Annotated[
        list[str] | None,
        typer.Option(help="saved_model, litert or web; repeat it, or put commas between."),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(help="float32, float16, int8-weights or int8; repeat it, or use commas."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_PATH",
            help="Held-out examples: a data set, an .npy or .npz file, or a folder of .png or .npy "
            "files. A preset's own data set if left out.",
        ),
    ] = None,
    batch: Annotated[
        str, typer.Option(help="dynamic (servers), static (one row: phones) or both.")
    ] = "both",
    integer: Annotated[
        bool, typer.Option("--integer", help="Let int8 files take and return int8 too.")
    ] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION=NUMBER",
            help="How far files may be from the model, such as int8=3; inf turns it off.",
        ),
    ] = None,
    measure: Annotated[
        bool, typer.Option(help="Measure latency and memory, which takes minutes.")
    ] = True,
) -> None:
    """Export a model to a folder for servers, phones and browsers, with evidence.

    Writes a SavedModel, TFLite files of each precision, examples that call them, and report.html.
    """
    from tfvae_cli.exporting import run

    run(
        source,
        folder,
        to or ["saved_model", "litert"],
        precision or ["float32", "float16", "int8-weights", "int8"],
        data,
        batch,
        integer,
        limit or [],
        measure,
    )


@app.command(rich_help_panel=LOOK)
def evaluate(
    model: Annotated[
        str, typer.Argument(help="A preset (name, folder, address) or a .keras file.")
    ],
    data: Annotated[str, typer.Option(help="A data set by name: mnist, fashion_mnist or digits.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Where report.json and sheet.png go."
        ),
    ] = None,
    num_samples: Annotated[
        int, typer.Option(help="Importance samples of the log-likelihood.")
    ] = 500,
    limit: Annotated[
        int | None, typer.Option(help="Score the first so many test examples only.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all samples.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Score a model on held-out data: evidence, latents, clusters, representation, samples."""
    from tfvae_cli.evaluating import run

    run(model, data, output, num_samples, limit, seed, as_json)


@app.command(rich_help_panel=TRAIN)
def recipes(
    pattern: Annotated[
        str, typer.Argument(help="Only names that match; * stands for anything.")
    ] = "*",
) -> None:
    """List the recipes that `tfvae train` knows, or show one with the scores to expect."""
    from tfvae_cli.training import show_recipes

    show_recipes(pattern)


def main() -> None:
    """Runs the command line; what is wrong with the input is one line, and exit code 1."""
    try:
        app()
    except Exception as error:
        if not is_ours(error):
            raise
        typer.echo(f"tfvae: {one_line(error)}", err=True)
        sys.exit(1)
