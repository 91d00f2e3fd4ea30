"""`tfvae score`: how unusual each example is to a model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfvae_cli.calibration import calibration
from tfvae_cli.console import console, say, table, title
from tfvae_cli.examples_read import Ordered, as_asked, read_in_order
from tfvae_cli.model_given import ModelGivenError, about, load_model
from tfvae_cli.results_written import ARRAYS, TABLES, as_json, as_rows, check_place, put_results

SHOWN = 10
# Fixed, for the draws of z depend on it.
BATCH_SIZE = 128
NUM_SAMPLES = 500


def run(
    model: str,
    data: str,
    output: Path | None,
    method: str | None,
    reference: str | None,
    false_positive_rate: float,
    num_samples: int | None,
    seed: int,
    binarize: str | None,
    json: bool,
) -> None:
    """Writes or prints the scores of examples; a higher one is more unusual.

    Args:
        model: what `load_model` takes.
        data: what `read_in_order` takes.
        output: where the scores go; None for no file.
        method: a score of `tfvae.evaluate.outlier_scores`; None for the one that the preset knows
            thresholds of, else the bound.
        reference: usual examples, which set the threshold, and what is typical; None for the
            preset's threshold, if it has one for this score.
        false_positive_rate: share of the reference that may lie above the threshold.
        num_samples: importance samples, for the scores that take them; None for as many as the
            preset's thresholds are for, else 500.
        seed: seed of all samples.
        binarize: `"none"` takes values as they are; else pixels of a model of binary ones are drawn
            once.
        json: whether to print JSON alone.
    """
    if output is not None:
        check_place(output, (*TABLES, *ARRAYS))
    if not 0.0 <= false_positive_rate < 1.0:
        raise ModelGivenError(
            f"--false-positive-rate must be from 0 to below 1, but is {false_positive_rate:g}."
        )
    known = calibration(model)
    chosen = method.replace("-", "_") if method else known.method if known else "negative_elbo"
    if known and (chosen != known.method or num_samples not in (None, known.num_samples)):
        known = None
    samples = num_samples or (known.num_samples if known else NUM_SAMPLES)
    threshold = known.threshold(false_positive_rate) if known and reference is None else None
    scorer = _Scorer(load_model(model), chosen, samples, seed)
    if scorer.method == "typicality" and reference is None:
        raise ModelGivenError("The score typicality compares with usual data: give --reference.")
    schema = about(model).schema
    given = as_asked(scorer.vae, read_in_order(data, scorer.vae, schema=schema), binarize, "fixed")
    usual = None
    if reference is not None:
        found = read_in_order(reference, scorer.vae, schema=schema)
        usual = as_asked(scorer.vae, found, binarize, "fixed")
    scores = scorer.score(given, usual, "Scoring")
    columns: dict[str, Any] = {"name": given.names, "score": scores}
    if usual is not None:
        of_usual = scorer.score(usual, usual, "Scoring the reference")
        threshold = float(np.quantile(of_usual, 1.0 - false_positive_rate, method="higher"))
    if threshold is not None:
        columns["outlier"] = scores > threshold
    if output is not None:
        put_results(output, columns)
    if json:
        facts = {"model": model, "data": data, "examples": len(scores), "method": scorer.method}
        facts |= {"threshold": threshold, "reference": reference, "seed": seed}
        print(as_json({**facts, "scores": as_rows(columns), "output": output}))
        return
    title(f"{len(scores):,} examples of {data} by {scorer.method} of {model}, in nats")
    _show(columns)
    if threshold is not None:
        say(
            f"{int(columns['outlier'].sum()):,} lie above {threshold:.2f}, the threshold that at "
            f"most {100 * false_positive_rate:g} % of "
            f"{reference or 'the images held out in training'} lie above."
        )
    if output is None:
        say("-o FILE writes the score of each example, --json prints it.")
    else:
        say(f"The score of each example stands in {output}.")


def _show(columns: Mapping[str, Any]) -> None:
    """Prints the highest scores."""
    names, scores = columns["name"], columns["score"]
    order = np.argsort(-scores, kind="stable")[:SHOWN]
    heads = ["the most unusual" if len(scores) > SHOWN else "name", "score"]
    console.print(table(heads, [[names[k], f"{scores[k]:.2f}"] for k in order]))


class _Scorer:
    """One score of one model."""

    def __init__(self, vae: Any, method: str, num_samples: int, seed: int) -> None:
        from tfvae.evaluate.anomalies.strangeness import checked_scores

        checked_scores((method,))
        self.vae, self.method = vae, method
        self.num_samples, self.seed = num_samples, seed

    def score(self, given: Ordered, usual: Ordered | None, doing: str) -> np.ndarray:
        """Returns the scores of examples, `[N]`."""
        from tfvae import evaluate

        self.vae.likelihood.check(given.x)
        found = evaluate.outlier_scores(
            self.vae,
            self._watched(given, doing),
            x_train=usual.rows(slice(None)) if usual and self.method == "typicality" else None,
            scores=(self.method,),
            num_samples=self.num_samples,
            seed=self.seed,
            batch_size=BATCH_SIZE,
        )
        return found[self.method]

    def _watched(self, given: Ordered, doing: str) -> Any:
        """Returns examples as a data set that moves a bar; a score may go through them twice."""
        import tensorflow as tf

        from tfvae_cli.progress import in_batches

        def batches() -> Iterator[Any]:
            for part in in_batches(doing, len(given.x), BATCH_SIZE):
                yield given.rows(part)

        spec = tf.nest.map_structure(
            lambda array: tf.TensorSpec([None, *array.shape[1:]], array.dtype),
            given.rows(slice(None)),
        )
        return tf.data.Dataset.from_generator(batches, output_signature=spec)
