"""The commands that use a model: their arguments, and what their help says."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

MODEL = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A preset (name, folder, address) or a .keras file."),
]
DATA = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder or a file of .png, .npy, .npz, .csv or .parquet; or a data set's name: its "
        "test examples.",
    ),
]
SEED = Annotated[int, typer.Option(help="Seed of all draws.")]
BATCH_SIZE = Annotated[
    int, typer.Option(help="Examples at a time; results do not depend on it.", min=1)
]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
EXAMPLES_HELP = ".png (one picture), a folder (a .png each), .npy, .npz, .csv or .parquet."
TABLE_HELP = ".csv, .parquet, .npz or .npy; the scores are only printed if left out."


def _output(help_text: str) -> Any:
    return typer.Option("--output", "-o", metavar="PATH", help=help_text)


class Binarize(StrEnum):
    """How pixels are made binary."""

    none = "none"
    fixed = "fixed"


class BinarizeTraining(StrEnum):
    """How pixels are made binary in training."""

    none = "none"
    fixed = "fixed"
    dynamic = "dynamic"


AS_THEY_ARE = Annotated[
    Binarize | None,
    typer.Option(
        help="fixed: draw each pixel once, 1 with its value as probability. Values are taken as "
        "they are if left out."
    ),
]


def sample(
    model: MODEL,
    output: Annotated[Path, _output(EXAMPLES_HELP)],
    n: Annotated[int, typer.Option("--n", "-n", help="How many.", min=1)] = 64,
    component: Annotated[
        int | None, typer.Option(help="Component of a mixture to draw from, counted from 0.")
    ] = None,
    temperature: Annotated[float, typer.Option(help="Below 1: more typical, less varied.")] = 1.0,
    given: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An .npz of what the model is given, as a condition."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed; by chance, and told, if left out.")
    ] = None,
    columns: Annotated[int | None, typer.Option(help="Columns of the picture.", min=1)] = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Draw new examples from a model."""
    from tfvae_cli.sampling import run

    run(model, output, n, component, temperature, given, seed, columns, batch_size, as_json)


def encode(
    model: MODEL,
    data: DATA,
    output: Annotated[Path, _output(".npy, .npz (with the posterior), .csv or .parquet.")],
    binarize: AS_THEY_ARE = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Write the latents of examples: the point that stands for each posterior."""
    from tfvae_cli.encoding import run

    run(model, data, output, _word(binarize), batch_size, as_json)


def cluster(
    model: MODEL,
    data: DATA,
    output: Annotated[Path | None, _output(TABLE_HELP)] = None,
    binarize: AS_THEY_ARE = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Tell the component of each example, and its probability."""
    from tfvae_cli.clustering import run

    run(model, data, output, _word(binarize), batch_size, as_json)


def score(
    model: MODEL,
    data: DATA,
    output: Annotated[Path | None, _output(TABLE_HELP)] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="negative-elbo, negative-log-likelihood, complexity-corrected, likelihood-regret, "
            "distortion, rate, latent-density or typicality. The one that the preset knows "
            "thresholds of, else negative-elbo, if left out."
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="Usual examples: those above their threshold are outliers."
        ),
    ] = None,
    false_positive_rate: Annotated[
        float, typer.Option(help="Share of the usual examples above the threshold, at most.")
    ] = 0.05,
    num_samples: Annotated[
        int | None,
        typer.Option(
            help="Importance samples, for scores of the likelihood; 500, or what the preset's "
            "thresholds are for, if left out.",
            min=1,
        ),
    ] = None,
    seed: SEED = 0,
    binarize: Annotated[
        Binarize | None,
        typer.Option(
            help="Whether pixels are drawn once, 1 with their value as probability: fixed for a "
            "model of binary pixels, if left out."
        ),
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Tell how unusual each example is, in nats: higher is more unusual."""
    from tfvae_cli.outliers import run

    run(
        model,
        data,
        output,
        method,
        reference,
        false_positive_rate,
        num_samples,
        seed,
        _word(binarize),
        as_json,
    )


def reconstruct(
    model: MODEL,
    data: DATA,
    output: Annotated[Path, _output(EXAMPLES_HELP)],
    binarize: AS_THEY_ARE = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Write what the model makes of examples by way of its latents."""
    from tfvae_cli.reconstructing import run

    run(model, data, output, _word(binarize), batch_size, as_json)


def impute(
    model: MODEL,
    data: DATA,
    output: Annotated[Path, _output(EXAMPLES_HELP)],
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="1 where a value is there, 0 where it is missing, for one example or for all; if "
            "left out, NaN and empty cells of DATA are missing.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="How often the latents are drawn.", min=1)] = 20,
    seed: SEED = 0,
    binarize: AS_THEY_ARE = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Fill in missing values of examples."""
    from tfvae_cli.imputing import run

    run(model, data, mask, output, steps, seed, _word(binarize), batch_size, as_json)


def interpolate(
    model: MODEL,
    a: Annotated[str, typer.Argument(metavar="A", help="One example or several, as DATA.")],
    b: Annotated[str, typer.Argument(metavar="B", help="As many.")],
    output: Annotated[Path, _output(EXAMPLES_HELP)],
    steps: Annotated[int, typer.Option(help="How many, both ends included.", min=2)] = 8,
    binarize: AS_THEY_ARE = None,
    batch_size: BATCH_SIZE = 128,
    as_json: AS_JSON = False,
) -> None:
    """Write what lies between two examples, on the way through the latents."""
    from tfvae_cli.interpolating import run

    run(model, a, b, output, steps, _word(binarize), batch_size, as_json)


def finetune(
    model: MODEL,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A folder or a file, as for the other commands; or a data set's name: its "
            "training examples.",
        ),
    ],
    output: Annotated[Path, _output("A .keras file, or a folder for a preset.")],
    epochs: Annotated[int, typer.Option(help="Passes over the data.", min=1)] = 10,
    learning_rate: Annotated[float, typer.Option(help="Adam's.")] = 3e-4,
    batch_size: Annotated[int, typer.Option(help="Examples a step.", min=1)] = 128,
    freeze_encoder: Annotated[
        bool, typer.Option("--freeze-encoder", help="Train decoder and prior alone.")
    ] = False,
    prior_components: Annotated[
        int | None,
        typer.Option(help="A new mixture of so many Gaussians as the prior.", min=1),
    ] = None,
    binarize: Annotated[
        BinarizeTraining | None,
        typer.Option(help="dynamic for a model of binary pixels, if left out."),
    ] = None,
    validation_fraction: Annotated[
        float, typer.Option(help="Share of the data that is held out, chosen by the seed.")
    ] = 0.1,
    seed: SEED = 0,
    as_json: AS_JSON = False,
) -> None:
    """Train a model on with new data; tells the ELBO on held-out ones before and after."""
    from tfvae_cli.finetuning import Plan, run

    plan = Plan(
        epochs,
        batch_size,
        learning_rate,
        freeze_encoder,
        prior_components,
        _word(binarize),
        validation_fraction,
        seed,
    )
    run(model, data, output, plan, as_json)


def _word(choice: StrEnum | None) -> str | None:
    return None if choice is None else str(choice.value)


COMMANDS = (sample, encode, cluster, score, reconstruct, impute, interpolate)
