"""What the scores of several seeds say together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def spread(runs: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float]:
    """Returns mean and standard deviation over the seeds of one score; NaN from a single seed."""
    values = [run["scores"][key] for run in runs]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), deviation
