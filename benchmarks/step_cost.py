"""What a training step of each named model costs, over one of the plain VAE on the same network.

Protocol. One process; the network of the other comparisons, batches of 128, Adam, compiled by XLA.
Each model takes turns with the plain VAE, a turn being as many steps as take about 0.3 s;
the ratio is the median over neighbouring turns. Beside it stands the ratio of the arithmetic: the
floating-point operations of all matrix products and convolutions in what XLA is given, the body of
a loop counted once. A flow's products are many and small, and most of its work is none: so where a
model has a flow, the flow takes turns too, alone, as a compiled step of its own.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

import tfvae
from benchmarks.flow_alone import flow_alone
from benchmarks.hlo import matrix_flops
from benchmarks.named_models import Subject, plain, subject
from benchmarks.network import BATCH_SIZE, HIDDEN_SIZES, INPUT_SIZE, LATENT_SIZE
from benchmarks.outcome import Options, Outcome, Row, paired_ratios

TURN_SECONDS = 0.3
TURNS = 5


def run(options: Options) -> Outcome:
    """Time every named model, each against the plain VAE."""
    names = tfvae.models.__all__[:3] if options.quick else tfvae.models.__all__
    turns = 2 if options.quick else TURNS
    base = _Steps(plain())
    rows, measurements = [], {}
    for name in names:
        options.progress(name)
        made = subject(name)
        steps = _Steps(made)
        found = _compared(steps, base, turns)
        rows.append(Row(name, "x", found["ratio"], max(found["ratios"]), turns))
        measurements[name] = {**found, "arithmetic_ratio": steps.flops / base.flops}
        alone = flow_alone(made.vae)
        if alone is not None:
            measurements[name]["flow_alone"] = _compared(_Turns(alone), base, turns)
        del steps, made, alone
        tf.keras.backend.clear_session()
    return Outcome(
        title="what a step of each named model costs, over the plain VAE",
        rows=rows,
        targets=[],
        settings={
            "network": [
                INPUT_SIZE,
                *HIDDEN_SIZES,
                LATENT_SIZE,
                *reversed(HIDDEN_SIZES),
                INPUT_SIZE,
            ],
            "batch_size": BATCH_SIZE,
            "turns": turns,
            "arguments": "the models' defaults, but for sizes: benchmarks/named_models.py",
        },
        measurements=measurements,
        versions={"tfvae": tfvae.__version__, "tensorflow": tf.__version__},
    )


def _compared(steps: "_Turns", base: "_Turns", turns: int) -> dict[str, Any]:
    """Takes turns with the plain VAE, and returns the times and their ratios."""
    pairs = [(steps.seconds(), base.seconds()) for _ in range(turns)]
    ratios = paired_ratios(*map(list, zip(*pairs, strict=True)))
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "milliseconds": 1000 * statistics.median(mine for mine, _ in pairs),
    }


class _Turns:
    """A compiled step, and how long it takes."""

    def __init__(self, step: Callable[[], Any]) -> None:
        self.step = step
        self.count = 1
        self.seconds()
        self.count = max(1, round(TURN_SECONDS / self.seconds()))

    def seconds(self) -> float:
        """Takes the steps of a turn, and returns the seconds of one."""
        began = time.perf_counter()
        for _ in range(self.count):
            found = self.step()
        tf.nest.map_structure(lambda value: value.numpy(), found)
        return (time.perf_counter() - began) / self.count


class _Steps(_Turns):
    """A training step on one batch."""

    def __init__(self, made: Subject) -> None:
        self.vae = made.vae
        self.vae.compile("adam")
        data = made.batch if isinstance(made.batch, tuple) else (made.batch,)
        self.data = tf.nest.map_structure(tf.constant, data)
        step = tf.function(self._step, jit_compile=True, autograph=False)
        self.flops = matrix_flops(step.experimental_get_compiler_ir()(stage="hlo"))
        super().__init__(step)

    def _step(self) -> Any:
        return self.vae.train_step(self.data)
