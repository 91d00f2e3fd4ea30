"""What a measurement must say about the machine; nothing that names its owner."""

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

# Of other programs: more than this, and a measurement is not to be trusted.
MANY_CORES = 0.1
VECTOR_SETS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory and operating system, without host names or paths."""
    return {
        "processor": _processor(),
        "vector_sets": _vector_sets(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": _system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


class Bystanders:
    """How many cores other programs took since this was made, where the system tells (Linux).

    What ran for this process is subtracted once it has ended and was waited for.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def cores(self) -> float | None:
        """Mean number of cores that were busy for others."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        others = (busy - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others / (time.perf_counter() - self._began))


def _busy_seconds() -> float | None:
    path = Path("/proc/stat")
    if not path.exists():
        return None
    # user, nice, system, idle, iowait, irq, softirq, steal: time that a host took away is lost too.
    ticks = [int(field) for field in path.read_text().splitlines()[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    return sum(os.times()[:4])


def _cpu_info(key: str) -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return ""


def _processor() -> str:
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return _cpu_info("model name") or platform.processor() or "unknown"


def _vector_sets() -> list[str]:
    flags = (_cpu_info("flags") or _cpu_info("Features")).split()
    return [name for name in VECTOR_SETS if name in flags]


def _memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return round(size / 2**30, 1)


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
