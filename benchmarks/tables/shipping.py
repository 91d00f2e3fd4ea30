"""The tables of exports in README: `python -m benchmarks.tables.shipping [--update README.md]`.

They say what `benchmarks/results/export.json` holds, which `python -m benchmarks export` writes.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.outcome import RESULTS
from benchmarks.report import as_table, provenance, update
from benchmarks.shipping import ENDPOINTS, size_ratio

BEGIN, END = "<!-- shipping:begin -->", "<!-- shipping:end -->"
QUALITY = [
    "precision",
    "size",
    "of float32",
    "worst output",
    "ELBO, nats",
    "squared error",
    "clusters alike",
    "anomaly AUROC",
    "Frechet distance",
]
# What each way to call the model is called in the table, in its order.
WAYS = {
    "float32": "LiteRT, float32",
    "float16": "LiteRT, float16",
    "int8-weights": "LiteRT, int8-weights",
    "int8": "LiteRT, int8",
    "tf.function, XLA": "`tf.function`, XLA",
    "tf.function": "`tf.function`",
    "Keras call": "the model's methods, eagerly",
    "Keras predict": "Keras `predict`",
}


def markdown(report: Mapping[str, Any]) -> str:
    """Returns a table of quality and one of latency for each preset, and how they were measured."""
    settings, parts = report["settings"], []
    for preset, one in report["measurements"].items():
        model = one["artefacts"][0]["quality"]
        parts += [
            f"**`{preset}`**: the model itself has an ELBO of {model['elbo']['model']:.2f} nats, a "
            f"squared error of {model['reconstruction_error']['model']:.4f}, an AUROC of "
            f"{model['anomaly_auroc']['model']:.3f} and a Frechet distance of "
            f"{model['frechet_distance']['model']:.2f}.",
            as_table(QUALITY, list(_quality(one))),
        ]
    parts += [
        "Changes are from the model's figures, on "
        f"{settings['held_out']:,} test images; squared errors are means over pixels. *Worst "
        "output*: the largest max|a - b| / max|a| of any output of any signature there. *Clusters "
        "alike*: images that go to the same component. *Anomaly AUROC*: of minus the ELBO, test "
        "images against chimeras of two halves. *Frechet distance*: between the test images and "
        f"{settings['samples']:,} samples of one seed, in the features of tfvae's own classifier.",
    ]
    for preset, one in report["measurements"].items():
        heads = [f"`{preset}`, one image", *ENDPOINTS, "reconstruct"]
        parts.append(as_table(heads, list(_latency(one))))
    parts += [_start(report["measurements"]), provenance(report)]
    return "\n\n".join(parts)


def _quality(one: Mapping[str, Any]) -> Iterator[list[str]]:
    for artefact in one["artefacts"]:
        quality = artefact["quality"]
        worst = max(row["relative"] for row in artefact["differences"])
        yield [
            artefact["precision"],
            f"{artefact['bytes'] / 1e6:.2f} MB",
            f"{size_ratio(one, artefact['precision']):.3f}x",
            f"{worst:.1e}",
            _change(quality["elbo"], 3),
            _change(quality["reconstruction_error"], 5),
            f"{100 * quality['cluster_agreement']:.1f} %",
            _change(quality["anomaly_auroc"], 4),
            _change(quality["frechet_distance"], 2),
        ]


def _change(pair: Mapping[str, float], digits: int) -> str:
    # Adding zero takes the sign from a zero.
    return f"{round(pair['artefact'] - pair['model'], digits) + 0.0:+.{digits}f}"


def _latency(one: Mapping[str, Any]) -> Iterator[list[str]]:
    for way, name in WAYS.items():
        cells = [_times(one["turns"], way, endpoint) for endpoint in (*ENDPOINTS, "reconstruct")]
        yield [name, *cells]


def _times(turns: Sequence[Mapping[str, Any]], way: str, endpoint: str) -> str:
    """Returns median and 95th percentile, each the median over turns."""
    if endpoint not in turns[0][way]:
        return ""
    p50, p95 = (
        statistics.median(turn[way][endpoint][key] for turn in turns) for key in ("p50", "p95")
    )
    return f"{p50:,.0f} µs ({p95:,.0f})"


def _start(measurements: Mapping[str, Any]) -> str:
    starts = [start for one in measurements.values() for start in one["starts"]]
    median = {name: statistics.median(start[name] for start in starts) for name in starts[0]}
    total = median.pop("total")
    steps = ", ".join(f"{name} {value:.0f}" for name, value in median.items())
    return (
        f"Medians, in brackets the 95th percentile, with one thread. From the start of a process "
        f"to LiteRT's first result pass {total:.0f} ms: {steps}."
    )


def main() -> None:
    """Print the tables, or put them into a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables.shipping")
    parser.add_argument("--update", type=Path, metavar="FILE", help="replace the tables in FILE")
    path = parser.parse_args().update
    text = markdown(json.loads((RESULTS / "export.json").read_text("utf-8")))
    if path is None:
        print(text)
    else:
        update(path, text, BEGIN, END)


if __name__ == "__main__":
    main()
