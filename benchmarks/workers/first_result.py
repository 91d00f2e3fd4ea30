"""Time from the start of a process to LiteRT's first result: `python first_result.py FILE`.

Writes, as JSON, the clock after each step; the clock is that of the process that started this one.
"""

import time

stamps = {"interpreter": time.monotonic()}

import os  # noqa: E402

# As in the example of a bundle: NumPy only holds arrays here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

stamps["numpy"] = time.monotonic()

from ai_edge_litert.interpreter import Interpreter  # noqa: E402

stamps["ai_edge_litert"] = time.monotonic()

import sys  # noqa: E402

decode = Interpreter(sys.argv[1], num_threads=1).get_signature_runner("decode")
stamps["file"] = time.monotonic()
shape = decode.get_input_details()["z"]["shape"]
assert np.all(np.isfinite(decode(z=np.zeros(shape, np.float32))["mean"]))
stamps["first call"] = time.monotonic()

import json  # noqa: E402

assert not {"tensorflow", "keras", "tfvae"} & set(sys.modules)
print(json.dumps(stamps))
