"""What a preset says about itself: a page of its metadata, every figure taken from there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_ROWS = (
    ("Negative log-likelihood, nats", "log_likelihood", -1.0, 2),
    ("Negative ELBO, nats", "elbo", -1.0, 2),
    ("Rate, nats", "rate", 1.0, 2),
    ("Distortion, nats", "distortion", 1.0, 2),
    ("Clustering accuracy", "clustering_accuracy", 1.0, 4),
    ("Normalised mutual information", "normalised_mutual_information", 1.0, 4),
)


def card(metadata: Mapping[str, Any]) -> str:
    """Returns the model card, Markdown with the front matter that hubs read.

    Args:
        metadata: the metadata of a preset that a recipe made: `name`, `summary`, `recipe`, `data`,
            `runs` (scores and seconds of each seed), `hardware` and `licence`.

    Example:
        >>> card({"runs": []})
        Traceback (most recent call last):
        KeyError: 'name'
    """
    name, recipe, found = metadata["name"], metadata["recipe"], metadata["data"]
    return "\n".join(
        [
            "---",
            f"license: {metadata['licence'].lower()}",
            "library_name: tfvae",
            "tags: [variational-autoencoder, keras, tensorflow, mixture-prior]",
            f"datasets: [{found['name']}]",
            "---",
            "",
            f"# {name}",
            "",
            metadata["summary"],
            "",
            "```python",
            "import tfvae",
            "",
            f'vae = tfvae.VAE.from_preset("{name}")',
            "images = vae.sample(10, component=3, seed=0)",
            "```",
            "",
            "![Samples, one row a component](samples.png)",
            "",
            "## Scores",
            "",
            *_scores(metadata["runs"], recipe),
            "",
            f"Protocol: the {found['test_examples']:,} test images, binarised once with NumPy's "
            f"`RandomState({found['test_binarization_seed']})`; log-likelihood by "
            f"{recipe['num_samples']:,} importance samples, its standard error over the images; "
            "accuracy by Hungarian matching of the components with the classes, of which training "
            "saw none. The weights here are those of the first seed, chosen before training, and "
            "rounded to float16; the other columns show the spread over seeds. Test data chose "
            "nothing.",
            "",
            f"`python -m tfvae.zoo verify {name}` computes the first column again.",
            "",
            "## Training",
            "",
            *[f"- {key.replace('_', ' ')}: {value}" for key, value in sorted(recipe.items())],
            f"- parameters: {metadata['parameter_count']:,}",
            f"- hardware: {metadata['hardware']}; the machine was shared with other programs, so "
            "the times are upper bounds",
            "",
            f"`python -m tfvae.zoo train {name}` trains it again, all seeds (`zoo/recipes/"
            f"{name}.py`). A killed run goes on where it stopped.",
            "",
            "## Data and limits",
            "",
            f"Trained on the {found['train_examples']:,} training images of {found['name']} "
            f"({found['licence']}; {found['citation']}). It knows nothing but 28x28 grey images of "
            "that kind: the likelihood it gives to other images is not a reliable sign of "
            "strangeness, and its components are clusters, which need not be classes.",
            "",
            f"Licence of the weights: {metadata['licence']}.",
            "",
        ]
    )


def table(presets: Sequence[Mapping[str, Any]]) -> str:
    """Returns presets as the rows of a Markdown table, from their metadata.

    Args:
        presets: metadata of presets that recipes made, each as for `card`.

    Example:
        >>> print(table([]).splitlines()[0])
        | preset | data | prior | NLL, nats | clustering accuracy | NMI | parameters |
    """
    lines = [
        "| preset | data | prior | NLL, nats | clustering accuracy | NMI | parameters |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for about in presets:
        likelihood = -about["runs"][0]["scores"]["log_likelihood"]
        error = about["runs"][0]["scores"]["log_likelihood_standard_error"]
        accuracy, information = (
            "{:.3f} ± {:.3f}".format(*spread(about["runs"], key))
            for key in ("clustering_accuracy", "normalised_mutual_information")
        )
        lines.append(
            f"| `{about['name']}` | {about['data']['name']} | {about['prior']} | "
            f"{likelihood:.2f} ± {error:.2f} | {accuracy} | {information} | "
            f"{about['parameter_count']:,} |"
        )
    return "\n".join(lines)


def spread(runs: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float]:
    """Returns mean and standard deviation over the seeds of one score; NaN from a single seed."""
    values = [run["scores"][key] for run in runs]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), deviation


def _scores(runs: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any]) -> list[str]:
    heads = [f"seed {run['seed']}" for run in runs]
    lines = [
        f"| | {' | '.join(heads)} | mean ± sd |",
        "| --- |" + " --- |" * (len(runs) + 1),
    ]
    for title, key, sign, digits in _ROWS:
        values = [sign * run["scores"][key] for run in runs]
        errors = [run["scores"].get(f"{key}_standard_error") for run in runs]
        cells = [
            f"{value:.{digits}f}" + (f" ± {error:.{digits}f}" if error is not None else "")
            for value, error in zip(values, errors, strict=True)
        ]
        mean, deviation = spread(runs, key)
        cells.append(f"{sign * mean:.{digits}f} ± {deviation:.{digits}f}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    minutes = [f"{run['seconds'] / 60:.0f}" for run in runs]
    lines.append(f"| Training, minutes | {' | '.join(minutes)} | |")
    return lines
