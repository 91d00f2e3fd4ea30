"""What comes with `import tfvae` and with `tfvae --help`, each seen in a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
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


TWO_DEVICES = """
import tfvae
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
print(len(tf.config.list_logical_devices("CPU")))
"""


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new process as a user would: in an empty folder, with no log level chosen."""
    environment = {key: value for key, value in os.environ.items() if key != LOG_LEVEL}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


def test_help_answers_without_tensorflow(tmp_path: Path) -> None:
    *page, modules = run(tmp_path, HELP).stdout.splitlines()
    assert "Usage: tfvae" in "\n".join(page)
    assert HEAVY.isdisjoint(json.loads(modules))


def test_import_prints_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, "import tfvae")
    assert result.stdout == ""
    assert result.stderr == ""


def test_import_leaves_the_devices_to_be_configured(tmp_path: Path) -> None:
    assert run(tmp_path, TWO_DEVICES).stdout.strip() == "2"


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
