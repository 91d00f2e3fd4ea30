"""What comes with `import tfvae` and with `tfvae --help`, each seen in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "keras",
    "matplotlib",
    "scipy",
    "sklearn",
    "tensorflow",
    "tensorflow_probability",
    "tf_keras",
    "tfvae",
}

HELP = """
import json, sys
sys.argv = ["tfvae", "--help"]
from tfvae_cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new process, in an empty folder."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )


def test_help_answers_without_tensorflow(tmp_path: Path) -> None:
    *page, modules = run(tmp_path, HELP).stdout.splitlines()
    assert "Usage: tfvae" in "\n".join(page)
    assert HEAVY.isdisjoint(json.loads(modules))


def test_import_prints_nothing(tmp_path: Path) -> None:
    tfvae = run(tmp_path, "import tfvae")
    keras = run(tmp_path, "import keras, tensorflow")
    assert tfvae.stdout == ""
    # TensorFlow's native libraries log to stderr when they are loaded: not one line more is ours.
    assert len(tfvae.stderr.splitlines()) <= len(keras.stderr.splitlines()), tfvae.stderr


def test_import_leaves_the_rest_for_later(tmp_path: Path) -> None:
    listed = run(tmp_path, "import sys, tfvae; print(*sys.modules)").stdout.split()
    later = {"tfvae.zoo", "tfvae.export", "tfvae_cli", "ai_edge_litert", "jinja2", "typer"}
    assert later.isdisjoint(listed)


def test_a_room_imported_from_the_checkout_says_what_to_do(root: Path) -> None:
    for room, name in {"zoo": "tfvae.zoo", "export": "tfvae.export", "cli": "tfvae_cli"}.items():
        code = f"import sys; sys.path.insert(0, {str(root)!r}); import {room}"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.returncode != 0
        assert "ImportError" in result.stderr
        assert name in result.stderr
