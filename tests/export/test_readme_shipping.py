"""The Kotlin, the JavaScript and the commands of README on shipping, as far as they can run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.browser import executable, launched, served
from tests.export.bundles import Made
from tfvae.export import ExportError
from tfvae.export.litert_js import write_runtime

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
{importmap}
<script type="module">
import {{ draw }} from "./readme.js";
window.drawn = [...await draw(7, 1)];
</script>"""


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text("utf-8")


def block(readme: str, language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    return found


def functions(pattern: str, text: str) -> dict[str, int]:
    """How many arguments each function has that a pattern finds with its brackets."""
    return {name: given.count(",") + 1 for name, given in re.findall(pattern, text)}


@pytest.mark.parametrize("language", ["kotlin", "js"])
def test_twelve_lines_are_enough(readme: str, language: str) -> None:
    assert block(readme, language).count("\n") == 12


def test_the_kotlin_calls_functions_that_the_example_has(readme: str, made: Made) -> None:
    example = (made.folder / "example_android.kt").read_text()
    has = functions(r"fun (\w+)\((.*?)\): FloatArray", example)
    called = functions(r" *\bvae\.(\w+)\(([^)]+)\)", block(readme, "kotlin").split("*/", 1)[1])
    assert set(called) == {"sample", "anomalyScore", "reconstruct"}
    assert {name: has[name] for name in called} == called
    assert "fun close()" in example and "class Vae(context: Context" in example


@pytest.mark.slow
@pytest.mark.skipif(executable() is None, reason="needs Chromium, and there is none here")
def test_the_javascript_draws_what_python_draws(
    readme: str, made: Made, root: Path, tmp_path: Path
) -> None:
    try:
        write_runtime(tmp_path / "litert")
    except ExportError as error:
        pytest.skip(f"needs LiteRT.js from npm: {error}")
    explorer = (root / "export" / "web" / "index.html").read_text("utf-8")
    (importmap,) = re.findall(r'<script type="importmap">.*?</script>', explorer)
    (tmp_path / "index.html").write_text(PAGE.format(importmap=importmap))
    (tmp_path / "readme.js").write_text(block(readme, "js"))
    model = (made.folder / "model_float32.batch1.tflite").read_bytes()
    (tmp_path / "model.tflite").write_bytes(model)
    with served(tmp_path) as address, launched() as browser:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("window.drawn", timeout=120_000)
        drawn = page.evaluate("window.drawn")
    expected = made.vae.sample(2, seed=7)[1]
    np.testing.assert_allclose(drawn, expected.ravel(), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["saved_model_cli", "python -m ai_edge_litert", "python dist"])
def test_the_commands_run(readme: str, made: Made, program: str, tmp_path: Path) -> None:
    (tmp_path / "dist").symlink_to(made.folder)
    commands = [
        command
        for text in re.findall(r"```bash\n(.*?)```", readme, re.DOTALL)
        for command in text.replace("\\\n", " ").splitlines()
    ]
    (command,) = [command for command in commands if command.startswith(program)]
    first, *rest = shlex.split(command)
    scripts = {
        "python": [sys.executable],
        "saved_model_cli": [
            sys.executable,
            "-c",
            "from tensorflow.python.tools.saved_model_cli import main; main()",
        ],
    }
    done = subprocess.run(
        [*scripts[first], *rest],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "mean" in done.stdout or "BENCHMARK RESULTS" in done.stdout
