"""What the bundled presets are once they are exported: how large, how good, how fast.

Protocol. Each preset becomes a bundle with every precision, compared with the model on 1,000 test
images; int8 takes its ranges from training images. Sample quality is the Frechet distance between
the test images and as many samples of one seed, in the features of the small classifier that comes
with tfvae. Then, in turns, each in a process of its own with one thread: the model in the ways that
Keras calls it, and the files for batches of one. A turn gives the median and the 95th percentile of
the calls; the figures are medians over turns, the ratios those of neighbouring turns. Start-up is
from the start of a process without TensorFlow to the first result of `decode`, interpreter and
imports included; its first turn fills the disk's cache and is not counted.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import tfvae
from benchmarks.outcome import Options, Outcome, Row, Target, duration_row, percentile_90
from benchmarks.startup import environment
from tfvae.evaluate.samples.feature_network import FeatureNetwork
from tfvae.export import open_artefact
from tfvae.export.timing import measure
from tfvae_cli.examples_read import read

PRESETS = ("gmvae_mnist", "gmvae_fashion_mnist")
PRECISIONS = ("float32", "float16", "int8-weights", "int8")
ENDPOINTS = ("encode", "decode")
FUNCTION, COMPILED = "tf.function", "tf.function, XLA"
TURNS, STARTS, SAMPLES = 5, 9, 10_000
THREADS = 1
Say = Callable[[str], None]


def run(options: Options) -> Outcome:
    """Export the presets, and measure what came of them."""
    turns, starts, samples = (1, 2, 500) if options.quick else (TURNS, STARTS, SAMPLES)
    found = {}
    for preset in PRESETS[:1] if options.quick else PRESETS:
        with tempfile.TemporaryDirectory() as folder:
            model = _Shipped(preset, Path(folder), options.progress)
            found[preset] = {
                "artefacts": model.artefacts(samples, options.seed),
                "turns": [model.turn() for _ in range(turns)],
                "starts": [model.start() for _ in range(starts + 1)][1:],
            }
    return Outcome(
        title="the bundled presets, exported",
        rows=list(_rows(found)),
        targets=list(_targets(found)),
        settings={
            "turns": turns,
            "starts": starts,
            "samples": samples,
            "threads": THREADS,
            "held_out": 1000,
        },
        measurements=found,
        versions={
            name: version(name)
            for name in ("tfvae", "tensorflow", "keras", "numpy", "ai-edge-litert")
        },
    )


class _Shipped:
    """A preset, its bundle, and inputs of one row."""

    def __init__(self, preset: str, folder: Path, say: Say) -> None:
        self.vae = tfvae.VAE.from_preset(preset)
        metadata = tfvae.zoo.info(preset)
        self.data = metadata["data"]["name"]
        x, representative, _ = read(self.data, metadata["recipe"]["binarization"] != "none")
        self.folder, self.say = folder / "dist", say
        self.report = tfvae.export.bundle(
            self.vae,
            self.folder,
            x,
            to="litert",
            precisions=PRECISIONS,
            representative=representative,
            measure=False,
            progress=lambda line: say(f"{preset}: {line}"),
        )
        self.keras = folder / "model.keras"
        self.vae.save(self.keras)
        q = self.vae.infer_parameters(x[:1])
        z = np.asarray(q["loc"], np.float32)
        self.calls = {
            "encode/1/x": x[:1],
            "decode/1/z": z,
            "reconstruct/1/x": x[:1],
            "reconstruct/1/noise": np.zeros_like(z),
        }

    def artefacts(self, samples: int, seed: int) -> list[dict[str, Any]]:
        """Returns what the export found of each file for any batch, and its samples' quality."""
        network = FeatureNetwork.load(self.data)
        images = tfvae.zoo.data.load(self.data).x_test[:samples]
        reference = network(images)

        def distance(drawn: np.ndarray) -> float:
            return tfvae.evaluate.frechet_distance(network(drawn), reference)

        own = distance(self.vae.sample(len(images), seed=seed))
        rows = {"seed": np.full(len(images), seed), "index": np.arange(len(images))}
        found = []
        for one in self.report.artefacts:
            if one["batch"] is not None:
                continue
            self.say(f"Drawing from {one['path']}")
            drawn = open_artefact(self.folder / one["path"]).run("sample", **rows)["mean"]
            quality = {
                **one["quality"],
                "frechet_distance": {"model": own, "artefact": distance(drawn)},
            }
            found.append({**one, "quality": quality})
        return found

    def turn(self) -> dict[str, Any]:
        """Returns median and 95th percentile of each way to call the model once, in us."""
        ways: dict[str, Any] = {}
        for call in _measured("Keras", self.keras, self.calls):
            ways.setdefault(call["way"], {})[call["endpoint"]] = _figures(call)
        for precision in PRECISIONS:
            calls = _measured("TFLite", self._file(precision), self.calls)
            ways[precision] = {call["endpoint"]: _figures(call) for call in calls}
        line = ", ".join(
            f"{way} {one['decode']['p50']:.0f}" for way, one in ways.items() if "decode" in one
        )
        self.say(f"decode, us: {line}")
        return ways

    def start(self) -> dict[str, float]:
        """Returns the milliseconds of each step to a first result, in a new process."""
        program = Path(__file__).parent / "workers" / "first_result.py"
        command = [sys.executable, "-P", str(program), str(self._file("float32"))]
        began = time.monotonic()
        done = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"first_result.py failed:\n{done.stderr[-2000:]}")
        steps, last = {}, began
        for name, stamp in json.loads(done.stdout).items():
            steps[name], last = 1e3 * (stamp - last), stamp
        return {**steps, "total": 1e3 * (last - began)}

    def _file(self, precision: str) -> Path:
        return self.folder / f"model_{precision}.batch1.tflite"


def _measured(kind: str, path: Path, calls: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    found = measure(kind, path, calls, THREADS)
    if "error" in found:
        raise RuntimeError(f"{path.name} could not be measured: {found['error']}")
    return list(found["calls"])


def _figures(call: Mapping[str, Any]) -> dict[str, float]:
    return {"p50": call["p50_us"], "p95": call["p95_us"]}


def ratios(one: Mapping[str, Any], way: str, endpoint: str) -> list[float]:
    """Returns by how much LiteRT in float32 is faster than another way, turn by turn."""
    return [turn[way][endpoint]["p50"] / turn["float32"][endpoint]["p50"] for turn in one["turns"]]


def _rows(found: Mapping[str, Any]) -> Iterator[Row]:
    for preset, one in found.items():
        starts = [start["total"] for start in one["starts"]]
        yield duration_row(f"{preset}, LiteRT to its first result", starts, "ms")
        for endpoint in ENDPOINTS:
            for way in ("float32", FUNCTION, COMPILED):
                times = [turn[way][endpoint]["p50"] for turn in one["turns"]]
                name = "LiteRT" if way == "float32" else way
                median, p90 = statistics.median(times), percentile_90(times)
                yield Row(f"{preset}, {endpoint}, {name}", "us", median, p90, len(times))


def _targets(found: Mapping[str, Any]) -> Iterator[Target]:
    """Yields the claims, each by the preset that keeps it least."""
    for endpoint in ENDPOINTS:
        for way, bound in ((FUNCTION, 6.0), (COMPILED, 3.0)):
            value = min(statistics.median(ratios(one, way, endpoint)) for one in found.values())
            yield Target(f"{endpoint} of one image, {way} over LiteRT", value, bound, at_least=True)
    start = max(
        statistics.median(start["total"] for start in one["starts"]) for one in found.values()
    )
    yield Target("LiteRT from start to first result", start, 150.0, at_least=False, unit="ms")
    for precision, bound in (("float16", 0.51), ("int8-weights", 0.28), ("int8", 0.28)):
        value = max(size_ratio(one, precision) for one in found.values())
        yield Target(f"size of {precision} over float32", value, bound, at_least=False)


def size_ratio(one: Mapping[str, Any], precision: str) -> float:
    """Returns the size of a precision's file over that of float32."""
    sizes = {artefact["precision"]: artefact["bytes"] for artefact in one["artefacts"]}
    return sizes[precision] / sizes["float32"]
