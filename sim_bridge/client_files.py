"""Where our clients keep the files that servers send them, such as navigation meshes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import carla


def keep_files(client: carla.Client) -> None:
    """Lets a client keep its files in the user's cache, or among the temporary ones where that is read-only.

    Left alone it writes into the home folder and fails at the first step where it cannot.
    """
    client.set_files_base_folder(str(_folder()))


def _folder() -> Path:
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nanshan" / "carla"
        cache.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        cache = None
    if cache is not None and os.access(cache, os.W_OK):
        return cache
    return Path(tempfile.gettempdir()) / f"nanshan-{os.getuid()}" / "carla"
