"""What a measurement must say about the machine; nothing that names its owner."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

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


def load_average() -> list[float] | None:
    """Mean number of running programs in the last 1, 5 and 15 minutes, where the system tells."""
    return [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None


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
