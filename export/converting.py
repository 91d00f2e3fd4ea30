"""Converting SavedModels to TFLite, in a process of its own.

TensorFlow's converter (2.20, 2.21) leaks memory, writes pages to standard error, and takes the
process with it where it fails an assertion. So this file imports nothing of tfvae and runs as a
program: `python converting.py JOBS.json`. It is the one place that knows the converter.
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

# What the converter says of an operation that LiteRT lacks: "tf.Erf op is neither a custom op nor a
# flex op", or a list of them: "Flex ops: FlexErf, FlexCholesky".
LACKING = (re.compile(r"'?tf\.(\w+)'? op is neither"), re.compile(r"\bFlex(\w+)"))


class Job(NamedTuple):
    """One conversion.

    Args:
        saved_model: folder of the SavedModel.
        signatures: names of the signatures to take.
        tflite: where to write the file.
    """

    saved_model: str
    signatures: list[str]
    tflite: str


class ConversionError(Exception):
    """The converter failed.

    Args:
        log: what it wrote.
    """

    def __init__(self, log: str) -> None:
        super().__init__(log)
        found = [name for pattern in LACKING for name in pattern.findall(log)]
        self.lacking = sorted(set(found))


def convert(jobs: Sequence[Job]) -> None:
    """Converts SavedModels to float32 TFLite files with builtin operations, one after another.

    Raises:
        ConversionError: if one of them fails.
    """
    # Not above: as a program, this file is no part of a package.
    from .programs import run_jobs

    run_jobs(__file__, jobs, ConversionError)


def main(listed: str) -> None:
    """Runs the jobs of a file."""
    for module in ("keras", "tf_keras"):
        # TensorFlow imports Keras if it can, which doubles the time that it takes to start.
        sys.modules[module] = None  # type: ignore[assignment]
    import tensorflow as tf

    for job in (Job(*fields) for fields in json.loads(Path(listed).read_text(encoding="utf-8"))):
        converter = tf.lite.TFLiteConverter.from_saved_model(
            job.saved_model, signature_keys=job.signatures
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        Path(job.tflite).write_bytes(converter.convert())


if __name__ == "__main__":
    main(sys.argv[1])
