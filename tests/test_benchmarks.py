"""The benchmarks' own arithmetic and machinery; how fast anything is, is not tested here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine, outcome, report
from benchmarks.alternate import Worker, alternate, worker_environment
from benchmarks.arithmetic import fastest_rates, reference_gflops
from benchmarks.data import synthetic_images
from benchmarks.network import Product, dense_layers, step_flops, step_products
from benchmarks.outcome import Options, Outcome, Target, duration_row, rate_row

FAKE_WORKER = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.turnstile import Turnstile
turnstile = Turnstile()
print("a library that prints")
turnstile.enter(versions={{"fake": "1"}})
for count in range(100):
    open({log!r}, "a").write({name!r})
    if {fails} and count == 1:
        raise SystemExit("out of luck")
    turnstile.turn(loss=count)
"""


def fake_worker(name: str, root: Path, log: Path, *, fails: bool = False) -> Worker:
    code = FAKE_WORKER.format(root=str(root), log=str(log), name=name, fails=fails)
    return Worker(name, [sys.executable, "-c", code])


def traced_matmul_flops(batch_size: int, latent_size: int) -> int:
    """FLOPs of the matrix products that TensorFlow itself differentiates a dense network into."""
    import tensorflow as tf

    layers = dense_layers(latent_size)
    weights = [tf.Variable(tf.zeros(shape)) for shape in layers]

    @tf.function
    def gradients(x: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            for index, weight in enumerate(weights):
                x = tf.nn.relu(x @ weight)
                if index == 2:
                    x = x[:, :latent_size]
            loss = tf.reduce_sum(x)
        return tape.gradient(loss, weights)

    graph = gradients.get_concrete_function(tf.zeros([batch_size, layers[0][0]])).graph
    flops = 0
    for operation in graph.get_operations():
        if operation.type == "MatMul":
            left = operation.inputs[0].shape
            inner = left[0] if operation.get_attr("transpose_a") else left[1]
            rows, columns = operation.outputs[0].shape
            flops += 2 * rows * inner * columns
    return flops


@pytest.mark.parametrize(("batch_size", "latent_size"), [(128, 32), (7, 40)])
def test_products_of_a_step_are_those_that_tensorflow_traces(
    batch_size: int, latent_size: int
) -> None:
    assert step_flops(batch_size, latent_size) == traced_matmul_flops(batch_size, latent_size)


def test_a_training_step_has_no_gradient_of_the_images() -> None:
    kinds = [product.kind for product in step_products()]
    assert (kinds.count("forward"), kinds.count("input_gradient")) == (6, 5)


@pytest.mark.parametrize("product", dict.fromkeys(step_products(batch_size=5)), ids=str)
def test_every_way_multiplies_the_same_matrices(product: Product) -> None:
    from benchmarks.workers import sgemm

    left, right = sgemm.stored_operands(product, seed=1)
    left = left.T if product.kind == "weight_gradient" else left
    right = right.T if product.kind == "input_gradient" else right
    expected = np.einsum("ri,ic->rc", left, right, optimize=False)
    assert expected.shape == (product.rows, product.columns)
    found = [(count, call()) for _, count, call in sgemm.numpy_ways(product, seed=1)]
    if product.rows < 64:
        found += [(count, call()) for _, count, call in sgemm.tensorflow_ways(product, seed=1)]
    for count, results in found:
        results = [results] if isinstance(results, np.ndarray) else results
        assert len(results) == count
        np.testing.assert_allclose(np.asarray(results[0]), expected, rtol=2e-4, atol=2e-4)


def test_reference_rate_is_the_step_at_the_fastest_way_of_each_product() -> None:
    products = list(step_products())
    slow = [{"kind": p.kind, "shape": [p.rows, p.inner, p.columns]} for p in products]
    numpy = {"rates": [{**entry, "way": "numpy", "gflops": [90, 10, 50]} for entry in slow]}
    graph = {"rates": [{**entry, "way": "graph", "gflops": [40, 40, 40]} for entry in slow]}
    rates = fastest_rates([numpy, graph])
    assert set(rates.values()) == {(50, "numpy")}
    assert reference_gflops(rates) == pytest.approx(50)
    first = Product("forward", 128, 784, 512)
    halved = reference_gflops({**rates, first: (25, "numpy")})
    total = step_flops()
    assert halved == pytest.approx(50 * total / (total + first.flops))


def test_synthetic_images_are_as_sparse_as_mnist_and_seeded() -> None:
    images = synthetic_images(500, seed=3)
    assert images.shape == (500, 784)
    assert images.dtype == np.float32
    assert images.min() == 0.0
    assert 0.5 < images.max() <= 1.0
    assert np.mean(images > 0) == pytest.approx(0.19, abs=0.005)
    np.testing.assert_array_equal(images, synthetic_images(500, seed=3))
    assert not np.array_equal(images, synthetic_images(500, seed=4))


def test_workers_take_turns(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "order"
    workers = [fake_worker(name, root, log) for name in "AB"]
    series = alternate(workers, turns=2, rounds=2, progress=lambda line: None)
    # Each begins its next turn only when told to: one warm-up and two turns, twice.
    assert log.read_text() == "ABABAB" * 2
    assert series["A"].facts == {"versions": {"fake": "1"}}
    assert [turn["loss"] for turn in series["B"].warm_up] == [0, 0]
    assert [turn["loss"] for turn in series["B"].turns] == [1, 2, 1, 2]
    assert [turn["round"] for turn in series["B"].turns] == [0, 0, 1, 1]
    assert min(series["A"].values("seconds")) > 0


def test_a_worker_that_ends_early_is_quoted(root: Path, tmp_path: Path) -> None:
    worker = fake_worker("C", root, tmp_path / "order", fails=True)
    with pytest.raises(RuntimeError, match="'C' ended early with status 1[^$]*out of luck"):
        alternate([worker], turns=3, rounds=1, progress=lambda line: None)


def test_workers_run_without_slow_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    environment = worker_environment({"ADDED": "1"})
    assert {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}.isdisjoint(environment)
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["OMP_NUM_THREADS"] == "2"
    assert environment["ADDED"] == "1"


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux tells who is busy")
def test_bystanders_are_other_programs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, busy = iter([0.0, 4.0]), iter([100.0, 110.0])
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    bystanders = machine.Bystanders()
    began = os.times()
    subprocess.run([sys.executable, "-c", "sum(range(3 * 10**7))"], check=True)
    ended = os.times()
    child = ended.children_user + ended.children_system
    child -= began.children_user + began.children_system
    assert child > 0.2
    assert bystanders.cores() == pytest.approx((10 - child) / 4, abs=0.05)


def test_p90_is_on_the_slow_side() -> None:
    values = [float(value) for value in range(1, 102)]
    assert duration_row("t", values).p90 == pytest.approx(91)
    assert rate_row("r", values, "images/s").p90 == pytest.approx(11)
    assert duration_row("t", [3.0]).p90 == 3.0


@pytest.mark.parametrize(
    ("value", "at_least", "holds"),
    [(2.0, True, True), (1.99, True, False), (2.0, False, True), (2.01, False, False)],
)
def test_a_target_is_a_bound(value: float, at_least: bool, holds: bool) -> None:
    assert Target("speed", value, 2.0, at_least=at_least).holds is holds


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one result and one quick trial of the same benchmark."""
    monkeypatch.setattr(outcome, "RESULTS", tmp_path / "results")
    found = Outcome(
        title="a fit",
        rows=[rate_row("tfvae, fit", [24_000.0, 25_000.0, 26_000.0], "images/s")],
        targets=[Target("tfvae over pythae", 2.345, 2.0, at_least=True)],
        settings={"batch_size": 128},
        measurements={"tfvae": {"turns": [{"seconds": 2.4}]}},
        versions={"tfvae": "0.1.0", "tensorflow": "2.21.0"},
    )
    for quick in (False, True):
        outcome.write_outcome("pythae", found, Options(quick=quick, seed=5), other_cores=0.42)
    return tmp_path / "results"


def test_a_result_says_where_it_comes_from_and_not_whose(results: Path) -> None:
    assert sorted(path.name for path in results.iterdir()) == ["pythae.json", "pythae.quick.json"]
    text = (results / "pythae.json").read_text()
    written = json.loads(text)
    assert written["seed"] == 5
    assert written["command"] == "python -m benchmarks pythae --seed 5"
    assert written["measurements"]["tfvae"]["turns"] == [{"seconds": 2.4}]
    assert written["machine"]["cores"] >= 1
    import platform

    assert platform.node() not in text
    assert str(Path.home()) not in text


def test_the_report_is_made_of_claims_and_medians(results: Path) -> None:
    reports = report.load_results(results)
    assert len(reports) == 1
    text = report.markdown(reports)
    assert "| tfvae over pythae | at least 2.00x | **2.35x** | yes |" in report.claims(reports)
    assert report.claims(reports) in text
    assert "| `pythae` | tfvae, fit | 25,000 images/s | 24,200 images/s | 3 |" in text
    assert "tfvae 0.1.0, TensorFlow 2.21.0" in text
    assert "other programs took 0.4 cores meanwhile" in text


def test_an_empty_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="python -m benchmarks"):
        report.markdown(report.load_results(tmp_path))


def test_the_report_replaces_what_is_between_its_markers(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.update(readme, "new")
    report.update(readme, "newer")
    assert readme.read_text() == f"before\n{report.BEGIN}\nnewer\n{report.END}\nafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    "text", ["", report.BEGIN, f"{report.END}{report.BEGIN}", f"{report.BEGIN}{report.END}" * 2]
)
def test_a_file_without_markers_is_left_as_it_was(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="once each"):
        report.update(readme, "new")
    assert readme.read_text() == text


def test_pages_have_the_claims_that_were_measured(root: Path) -> None:
    reports = report.load_results()
    assert report.PAGE.read_text("utf-8") == report.markdown(reports)
    readme = (root / "README.md").read_text("utf-8")
    assert f"{report.BEGIN}\n{report.claims(reports)}\n{report.END}" in readme


def test_an_unknown_benchmark_is_named(root: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no benchmark named 'speed'; there are pythae" in done.stderr


def test_arithmetic_is_counted_in_what_xla_is_given() -> None:
    import tensorflow as tf

    from benchmarks.hlo import matrix_flops

    kernel, weights = tf.ones([3, 3, 2, 4]), tf.ones([8, 5])

    @tf.function(jit_compile=True)
    def step(images: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.nn.conv2d(images, kernel, 1, "VALID"), rows @ weights

    text = step.experimental_get_compiler_ir(tf.ones([2, 7, 7, 2]), tf.ones([6, 8]))(stage="hlo")
    assert matrix_flops(text) == 2 * (2 * 5 * 5 * 4) * (3 * 3 * 2) + 2 * 6 * 8 * 5


def test_products_of_evidence_are_those_that_the_decoder_has() -> None:
    import tensorflow as tf

    from benchmarks.evidence_cost import LATENT_SIZE, decoder_products
    from benchmarks.workers.evidence import build_model

    vae = build_model()
    decode = tf.function(lambda z: vae.decode_parameters(z), autograph=False)
    graph = decode.get_concrete_function(tf.TensorSpec([9, LATENT_SIZE])).graph
    products = [operation for operation in graph.get_operations() if operation.type == "MatMul"]
    expected = [
        (operation.inputs[0].shape[0], *operation.inputs[1].shape) for operation in products
    ]
    assert [(p.rows, p.inner, p.columns) for p in decoder_products(9)] == expected


def test_time_of_products_is_that_of_the_fastest_way() -> None:
    from benchmarks.evidence_cost import decoder_products, product_seconds

    rates = [
        {"shape": [rows, product.inner, product.columns], "gflops": [gflops, 1.0, 500.0]}
        for rows, gflops in ((4, 50.0), (8, 100.0), (16, 80.0))
        for product in decoder_products(rows)
    ]
    gflop = sum(product.flops for product in decoder_products(1000)) / 1e9
    assert gflop == pytest.approx(1000 * 878_400 / 1e9)
    assert product_seconds({"rates": rates}, 1000) == pytest.approx(gflop / 100.0)


def test_every_named_model_can_be_put_on_the_network() -> None:
    from benchmarks.named_models import SUBJECTS
    from tfvae import models

    assert set(SUBJECTS) <= set(models.__all__)
