"""What every command writes with `--json`, and the facts it carries about versions and machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant import __version__

PACKAGES = ("carla", "lap", "numpy", "numba", "opencv-python", "openvino", "ultralytics")


def versions() -> dict[str, str | None]:
    """Ours, Python's, and those of the packages that decide results; None for what is not installed."""
    found: dict[str, str | None] = {"nanshan": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {"system": platform.system(), "cpu": _cpu_name(), "cores": os.cpu_count()}


def result_object(command: str, metrics: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The object that every command writes."""
    return {
        "command": command,
        "metrics": metrics,
        "settings": settings,
        "versions": versions(),
        "machine": machine(),
    }


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()
