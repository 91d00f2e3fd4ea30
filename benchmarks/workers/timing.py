"""How fast one call runs: blocks of repetitions, and the rate of each block."""

import time
from collections.abc import Callable


def block_rates(
    call: Callable[[], object], *, flops: int, seconds: float, blocks: int
) -> list[float]:
    """Rates of `call` in GFLOP/s, one for each block of repetitions.

    Args:
        call: Does the work, and returns only when it is done.
        flops: Floating-point operations of one call.
        seconds: Duration of one block.
        blocks: Number of blocks.

    Returns:
        GFLOP/s of each block.
    """
    call()
    began = time.perf_counter()
    call()
    repetitions = max(1, round(seconds / max(time.perf_counter() - began, 1e-7)))
    rates = []
    for _ in range(blocks):
        began = time.perf_counter()
        for _ in range(repetitions):
            call()
        rates.append(repetitions * flops / (time.perf_counter() - began) / 1e9)
    return rates
