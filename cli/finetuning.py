"""`tfvae finetune`: a trained model, trained on with new data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfvae_cli.console import say, title
from tfvae_cli.examples_read import SEED, Ordered, by_model, read_in_order
from tfvae_cli.files_read import DataGivenError
from tfvae_cli.model_given import ModelGivenError, about, load_model
from tfvae_cli.results_written import OutputError, as_json, check_place, put


class Plan(NamedTuple):
    """How a model is trained on.

    Args:
        epochs: passes over the data.
        batch_size: examples a step.
        learning_rate: Adam's.
        freeze_encoder: whether q(z given x) stays what it is.
        prior_components: of a new mixture of Gaussians as the prior; None keeps the prior.
        binarize: how pixels are made binary; None leaves it to the model.
        validation_fraction: share of the data that is held out.
        seed: of the choice of those, of the order of the others, and of all noise.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    freeze_encoder: bool
    prior_components: int | None
    binarize: str | None
    validation_fraction: float
    seed: int


def run(model: str, data: str, output: Path, plan: Plan, json: bool) -> None:
    """Trains a model on, tells its bound on held-out data before and after, and saves it.

    Args:
        model: what `load_model` takes.
        data: what `read_in_order` takes; of a data set of the zoo, its training examples.
        output: a `.keras` file, or the folder of a preset.
        plan: how it is trained.
        json: whether to print JSON alone.
    """
    _check_output(output)
    _check_plan(plan)
    vae = load_model(model)
    import keras

    keras.utils.set_random_seed(plan.seed)
    schema = about(model).schema
    given = read_in_order(data, vae, part="train", schema=schema)
    binarize = plan.binarize or by_model(vae, "dynamic")
    x, held_out = _split(given, plan, data, binarize)
    before = _bound(vae, held_out)
    vae = _adjusted(vae, x, plan)
    history = _train(vae, x, held_out, plan)
    after = _bound(vae, held_out)
    facts = {
        "base": model,
        "data": {
            "name": data,
            "train_examples": _count(x),
            "validation_examples": _count(held_out),
        },
        "validation_elbo_before": before,
        "validation_elbo_after": after,
        "recipe": {**plan._asdict(), "binarize": binarize},
    }
    _save(vae, output, {**facts, **({} if schema is None else schema.facts())})
    if json:
        epochs = {"training_elbo": history["elbo"], "validation_elbo": history["val_elbo"]}
        print(as_json({**facts, "epochs": epochs, "output": output}))
        return
    title(f"{model}, trained on with {_count(x):,} examples of {data}")
    say(f"On {_count(held_out):,} held-out examples the ELBO was {before:.2f} nats before,")
    say(f"and is {after:.2f} nats now. The model stands in {output}.")


def _check_plan(plan: Plan) -> None:
    """Raises if a number cannot be what it is for; the command line has seen to the whole ones."""
    if not 0.0 < plan.learning_rate < np.inf:
        raise ModelGivenError(f"--learning-rate must be above 0, but is {plan.learning_rate:g}.")
    if not 0.0 < plan.validation_fraction < 1.0:
        raise ModelGivenError(
            "--validation-fraction must be above 0 and below 1, but is "
            f"{plan.validation_fraction:g}."
        )


def _check_output(output: Path) -> None:
    """Raises if the model could not be saved there, hours later."""
    if output.suffix == ".keras":
        check_place(output, (".keras",))
    elif output.suffix in (".h5", ".hdf5", ".tflite", ".zip", ".npz"):
        raise OutputError(f"-o {output}: a model is saved as a .keras file or a preset's folder.")
    else:
        from tfvae.zoo.writing import check_target

        check_target(output.expanduser().resolve())
        if not output.exists():
            check_place(output, (output.suffix,))


def _split(given: Ordered, plan: Plan, data: str, binarize: str) -> tuple[Any, Any]:
    """Returns what to train on and what is held out, as `fit` takes them."""
    from tfvae.pipeline import Images
    from tfvae.side import join

    count = len(given.x)
    held = max(1, round(plan.validation_fraction * count))
    if held >= count:
        raise DataGivenError(f"{data} holds {count} examples, of which {held} are held out.")
    order = np.random.RandomState(plan.seed).permutation(count)

    def part(rows: np.ndarray, how: str, seed: int) -> Any:
        values = {name: array[rows] for name, array in given.side.items()}
        return join(Images(given.x[rows], how, seed=seed), values)

    once = "none" if binarize == "none" else "fixed"
    return part(order[held:], binarize, plan.seed), part(np.sort(order[:held]), once, SEED)


def _count(x: Any) -> int:
    return len(x["x"] if isinstance(x, Mapping) else x)


def _bound(vae: Any, x: Any) -> float:
    """Returns the mean of the bound, in nats."""
    return float(np.mean(vae.elbo(x, seed=SEED), dtype=np.float64))


def _adjusted(vae: Any, x: Any, plan: Plan) -> Any:
    """Returns the model as it is to be trained: its prior new, its encoder frozen."""
    changes: dict[str, Any] = {"objective": vae.objective.settled()}
    if plan.prior_components is not None:
        from tfvae.priors import MixtureOfGaussians

        if vae.arguments()["latents"] is not None:
            raise ModelGivenError(
                f"--prior-components needs a model with one latent variable and a prior, but this "
                f"has {type(vae.latents).__name__} latents: build them anew in Python."
            )
        kept = vae.prior.covariance if isinstance(vae.prior, MixtureOfGaussians) else "diagonal"
        prior = MixtureOfGaussians(plan.prior_components, kept, start="mixture")
        changes |= {"prior": prior, "sampler": None}
    vae = vae.replaced(**changes)
    if plan.prior_components is not None:
        vae.adapt(x)
    if plan.freeze_encoder:
        _inference(vae, trainable=False)
    return vae


def _inference(vae: Any, trainable: bool) -> None:
    """Freezes what makes q(z given x), or lets it be trained."""
    vae.encoder.trainable = trainable
    posterior = getattr(vae.latents, "posterior", None)
    if posterior is not None:
        posterior.trainable = trainable


def _train(vae: Any, x: Any, held_out: Any, plan: Plan) -> dict[str, list[float]]:
    """Trains a model and returns the history."""
    import keras

    from tfvae_cli.progress import epoch_bar

    vae.compile(keras.optimizers.Adam(plan.learning_rate))
    with epoch_bar("Training", plan.epochs, on_errors=True) as bar:
        history = vae.fit(
            x,
            batch_size=plan.batch_size,
            epochs=plan.epochs,
            validation_data=held_out,
            callbacks=[bar],
            verbose=0,
        )
    if plan.freeze_encoder:
        # Frozen for this training: whoever loads the model may train all of it.
        _inference(vae, trainable=True)
    return history.history


def _save(vae: Any, output: Path, facts: Mapping[str, Any]) -> None:
    if output.suffix == ".keras":
        put(output, vae.save)
        return
    examples = f"{facts['data']['train_examples']:,} other examples"
    summary = f"{facts['base']}, trained on with {examples}."
    vae.save_to_preset(output, {"summary": summary, **facts})
