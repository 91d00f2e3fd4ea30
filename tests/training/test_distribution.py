"""Replicas that share a batch end where one device with the whole batch does."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("distributed_run.py")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("distributed_run", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(mode, folder, **environment):
    command = [sys.executable, "-W", "error::UserWarning", str(SCRIPT), mode, str(folder)]
    environment = {**os.environ, **environment}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(*processes):
    outputs = [process.communicate(timeout=500)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output[-3000:]


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirrored")
    finish(start("mirrored", folder))
    return folder


def assert_close(file, expected, rtol):
    with np.load(file) as found:
        assert set(found) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=rtol, atol=1e-5, err_msg=name)


NAMES = ["weights", "metrics", "images", "fewer examples than replicas", "data set", "codes"]


def test_every_run_is_compared(script):
    assert list(script.RUNS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_two_replicas_train_as_one_device_does(name, mirrored, script):
    assert_close(script.file_of(mirrored, name), script.result(script.run(name)), rtol=1e-5)


def test_what_replicas_cannot_share_is_refused(mirrored):
    size, xla, launches = (mirrored / "refused.txt").read_text().splitlines()
    assert "`batch_size` is shared evenly by 2 replicas" in size
    assert "multiple of 2, but is 3" in size
    for message in (xla, launches):
        assert "leave `jit_compile` and `steps_per_execution` at 'auto'" in message


def free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def test_two_workers_go_on_and_end_alike_as_one_process_does(script, tmp_path):
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    finish(
        *(
            start(
                "worker",
                tmp_path,
                TF_CONFIG=json.dumps(
                    {"cluster": cluster, "task": {"type": "worker", "index": index}}
                ),
            )
            for index in range(2)
        )
    )
    # They were interrupted and went on, from what the chief alone had kept.
    assert (tmp_path / "kept-0.txt").read_text() == "epoch-000000"
    assert not (tmp_path / "state").exists()
    for name in script.WORKED:
        first, second = (script.file_of(tmp_path, f"{name} {index}") for index in range(2))
        with np.load(first) as one, np.load(second) as other:
            for weight in one:
                np.testing.assert_array_equal(one[weight], other[weight], err_msg=weight)
        assert_close(first, script.result(script.run(name)), rtol=1e-5)
