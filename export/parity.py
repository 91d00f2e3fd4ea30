"""Comparing every endpoint of an artefact with the model, on real inputs and at the extremes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfvae import random
from tfvae.checking import checked_arrays

from .endpoints import Endpoint, noise_names
from .errors import ExportError
from .report import ParityReport, Row
from .running import Artefact

Arrays = dict[str, np.ndarray]
Pairs = list[tuple[np.ndarray, np.ndarray]]
# By kind of inputs and tolerance: what model and artefact gave for one output, batch by batch.
Kinds = dict[tuple[str, float], Pairs]
# By endpoint, output and kind of inputs: what float32 itself errs by.
Float32Error = Callable[[str, str, str], float]

DATA = "data"
BATCH_SIZES = (1, 5, 17)
# In units of the standard deviation: farther out than any sample of a million is.
EXTREME = 6.0
# exp overflows in float32 above 88.7: one who writes log(1 + exp(logit)) does there.
OVERFLOWING = 90.0
LARGEST_STRETCH = 256.0
# Float32 itself errs in proportion to the logits there: what is looked for is an overflow.
LENIENCY_FAR_OUT = 100.0
# A digit: sums of hundreds of terms err several times as much in one order as in another.
LENIENCY_ROUNDING = 10.0
SEEDS = (0, -1, 2**31 - 1, -(2**31), 7, 1)


class Case(NamedTuple):
    """One batch of every input that an endpoint may have.

    Args:
        inputs: what kind of inputs these are: cases of one kind are judged together.
        values: arrays by the inputs' names, with equally many rows.
        leniency: what the tolerance is multiplied by.
    """

    inputs: str
    values: dict[str, np.ndarray]
    leniency: float = 1.0


def cases(model: Any, x: Any = None) -> list[Case]:
    """Makes the inputs of a comparison: batches of real data, extremes, and what lies far out.

    Args:
        model: a `tfvae.VAE` that computes in float32.
        x: examples, `[N, *event_shape]`; None takes the points of the model's own samples.

    Raises:
        ExportError: if x is not an array of examples of the model.
    """
    examples, side = examples_of(model, x, max(BATCH_SIZES))
    extremes = _extremes(model, examples, side)
    return [
        *(_batch(model, examples, side, size, number) for number, size in enumerate(BATCH_SIZES)),
        Case("extremes", extremes),
        Case("far out", _stretched(model, extremes), LENIENCY_FAR_OUT),
    ]


def examples_of(model: Any, x: Any, count: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Returns the first examples of x, and what the model needs beside them.

    Args:
        model: a `tfvae.VAE` that computes in float32.
        x: examples, `[N, *event_shape]`; None takes the points of the model's own samples.
        count: how many at most.

    Raises:
        ExportError: if x is not an array of examples of the model.
    """
    needed = [name for name, one in model.side_inputs().items() if one.needed]
    if x is None and (needed or model.needs_target):
        raise ExportError(
            "To compare the artefact with the model, give examples of what it reads as `x`"
            + (f", a dict with 'x' and {needed}." if needed else ".")
        )
    if x is None:
        rows = random.rows(0, count)
        z = model.draw_latents(random.threefry_draw(model.generative_noise(), *rows))
        x = model.likelihood.point(model.decode_parameters(z)).numpy()
    try:
        arrays = checked_arrays(model, x, dense=not model.needs_target)
        examples = np.asarray(arrays.images.x, np.float32)[:count]
        side = {name: arrays.side[name][:count] for name in needed}
    except (IndexError, TypeError, ValueError) as error:
        raise ExportError(
            f"`x` must be an array of examples that the model was made for, but: {error}"
        ) from error
    return examples, side


def _batch(
    model: Any, examples: np.ndarray, side: dict[str, np.ndarray], size: int, number: int
) -> Case:
    """Returns so many examples, and as many random inputs of every other kind."""
    seed, index = random.rows(number, size)
    x = np.resize(examples, (size, *model.input_shape))
    z = model.latents.generate(random.threefry_draw(model.latents.generative_noise(), seed, index))
    noise = random.threefry_draw(model.latents.noise(), seed, index)
    return Case(DATA, inputs_from(model, x, side, z.numpy(), _numpy(noise), seed, index))


def _extremes(
    model: Any, examples: np.ndarray, side: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns blank and full images, noise of six standard deviations, the outermost seeds."""
    rows = len(SEEDS)
    x = np.zeros([rows, *model.input_shape], np.float32)
    x[1] = 1.0
    x[2].reshape(-1)[::2] = 1.0
    x[3:] = np.resize(examples, x[3:].shape)
    generative = _extreme_noise(model.latents.generative_noise(), rows)
    z = model.latents.generate(_tensors(generative))
    noise = _extreme_noise(model.latents.noise(), rows)
    seeds = np.array(SEEDS, np.int32)
    return inputs_from(model, x, side, z.numpy(), noise, seeds, seeds[::-1])


def _extreme_noise(needs: Mapping[str, random.Noise], rows: int) -> dict[str, np.ndarray]:
    noise = {}
    for name, need in needs.items():
        low, high = (-EXTREME, EXTREME) if need.kind == "normal" else (2.0**-24, 1.0 - 2.0**-23)
        values = np.full([rows, need.size], high, np.float32)
        values[1] = low
        values[2, ::2] = values[3, 1::2] = low
        values[4:] = 0.5 * (low + high)
        noise[name] = values.reshape(rows, *need.shape)
    return noise


def _stretched(model: Any, extremes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the extremes with latents and noise farther out, until a logit would overflow."""
    side = {
        name: tf.constant(extremes[name]) for name in model.generative_inputs() if name in extremes
    }
    stretch = 1.0
    while stretch < LARGEST_STRETCH:
        z = tf.constant(stretch * extremes["z"])
        parameters = model.decode_parameters(z, side=side)
        if max(float(tf.reduce_max(tf.abs(value))) for value in parameters.values()) > OVERFLOWING:
            break
        stretch *= 2.0
    normal = ["z"]
    for name, need in model.latents.noise().items():
        if need.kind == "normal":
            normal.append(noise_names(model)[name])
    return {
        name: np.float32(stretch) * value if name in normal else value
        for name, value in extremes.items()
    }


def inputs_from(
    model: Any,
    x: np.ndarray,
    side: Mapping[str, np.ndarray],
    z: np.ndarray,
    noise: Mapping[str, np.ndarray],
    seed: np.ndarray,
    index: np.ndarray,
) -> dict[str, np.ndarray]:
    """Returns an array for each input that an endpoint may have, from what they are made of."""
    components = model.num_sample_components or 1
    names = noise_names(model)
    latents, codes = model.latents, {}
    if latents.code_shape is not None:
        codes["codes"] = latents.codes(model.infer_parameters(tf.constant(x))).numpy()
    return {
        "x": x,
        **{name: np.resize(each, (len(x), *each.shape[1:])) for name, each in side.items()},
        "z": z,
        **codes,
        **{names[name]: value for name, value in noise.items()},
        "seed": seed,
        "index": index,
        "component": np.arange(len(x), dtype=np.int32) % components,
        # Every other value is missing, and every other example begins with the first.
        "mask": (np.indices(x.shape).sum(axis=0) % 2).astype(np.float32),
        "a": x,
        "b": np.roll(x, 1, axis=0),
        "fraction": np.linspace(0.0, 1.0, len(x), dtype=np.float32),
    }


def compare(
    endpoints: Mapping[str, Endpoint],
    artefact: Artefact,
    cases: Sequence[Case],
    tolerance: float,
    float32_error: Float32Error = lambda endpoint, output, inputs: 0.0,
) -> ParityReport:
    """Runs every endpoint of a model and of an artefact on the same inputs.

    Args:
        endpoints: those of the model, run eagerly as the Python functions that they are.
        artefact: what was exported.
        cases: the inputs.
        tolerance: largest max|a - b| / max|a| of an output, over the inputs of one kind, for a
            leniency of 1.
        float32_error: asked where an output is above that: of what float32 itself errs by there,
            ten times as much is allowed.

    Raises:
        ExportError: if an output is above the tolerance, or the artefact has other endpoints or
            outputs than the model.
    """
    _need_equal("endpoints", set(endpoints), set(artefact.endpoints))
    rows: list[Row] = []
    for name, endpoint in endpoints.items():
        found: dict[str, Kinds] = {}
        for case in cases:
            given = {key: case.values[key] for key in endpoint.inputs}
            model = run(endpoint, case.values)
            other = artefact.run(name, **given)
            _need_equal(f"outputs of `{name}`", set(model), set(other))
            for output, values in model.items():
                if case.inputs == DATA and not np.all(np.isfinite(values)):
                    raise ExportError(
                        f"The model's own output `{output}` of `{name}` is not finite on data, so "
                        "there is nothing to compare with. Look for a logarithm or a division in "
                        "your own layers."
                    )
                kind = (case.inputs, tolerance * case.leniency)
                pair = (values, other[output])
                found.setdefault(output, {}).setdefault(kind, []).append(pair)
        rows += [_row(name, output, kinds, float32_error) for output, kinds in found.items()]
    report = ParityReport(tuple(rows), tolerance)
    if report.failures:
        raise ExportError(_failure(report), report)
    return report


def _need_equal(what: str, expected: set[str], found: set[str]) -> None:
    if expected != found:
        raise ExportError(
            f"The {what} of the artefact are {sorted(found)}, where the model has "
            f"{sorted(expected)}."
        )


def run(endpoint: Endpoint, given: Mapping[str, np.ndarray]) -> Arrays:
    """Returns the outputs of an endpoint of the model, by name, run as the function that it is."""
    return _numpy(endpoint.function(**_tensors({key: given[key] for key in endpoint.inputs})))


def _row(endpoint: str, output: str, kinds: Kinds, float32_error: Float32Error) -> Row:
    count = sum(model.size for pairs in kinds.values() for model, _ in pairs)
    rows = []
    for (inputs, tolerance), pairs in kinds.items():
        difference, absolute, largest = relative_gap(pairs)
        row = Row(endpoint, output, difference, tolerance, absolute, largest, inputs, count)
        if not row.passed:
            error = float32_error(endpoint, output, inputs)
            allowed = max(tolerance, LENIENCY_ROUNDING * error)
            row = replace(row, tolerance=allowed, float32_error=error)
        rows.append(row)
    return max(rows, key=lambda row: row.severity)


def relative_gap(pairs: Pairs) -> tuple[float, float, float]:
    """Returns max|a - b| / max|a| over all pairs of arrays, max|a - b| and max|a|."""
    absolute, largest = (max(values) for values in zip(*(_gap(*p) for p in pairs), strict=True))
    # What is zero throughout has no scale but its own unit.
    return absolute / largest if largest > 0.0 else absolute, absolute, largest


def _gap(model: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Returns max|a - b|, infinite if one of the two is not finite where the other is, and max|a|.

    Where both overflow alike, they agree.
    """
    if model.shape != other.shape:
        return np.inf, 1.0
    alike = (model == other) | (np.isnan(model) & np.isnan(other))
    finite = np.isfinite(model)
    if not np.all(alike | (finite & np.isfinite(other))):
        return np.inf, 1.0
    left, right = (np.where(finite, array, 0.0).astype(np.float64) for array in (model, other))
    return float(np.max(np.abs(left - right))), float(np.max(np.abs(left)))


def _failure(report: ParityReport) -> str:
    worst = report.worst
    more = len(report.failures) - 1
    others = f" {more} more outputs are above it too." if more else ""
    return (
        f"The artefact differs from the model: output `{worst.output}` of `{worst.endpoint}` by "
        f"{worst.difference:.1e} of its largest value on {worst.inputs}, above the tolerance of "
        f"{worst.tolerance:g}.{others} Nothing was written. {_advice(worst)}"
    )


def _advice(worst: Row) -> str:
    if worst.float32_error:
        return f"The model itself errs there by {worst.float32_error:.1e} in float32."
    return (
        "If float32 itself errs by this much (activations or scales of very different size), raise "
        "`tolerance`."
    )


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, tf.Tensor]:
    return {name: tf.constant(value) for name, value in arrays.items()}


def _numpy(tensors: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in tensors.items()}
