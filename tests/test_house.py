"""The house itself: floors, lint, format, types, and what the project says of itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"]],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_house_is_clean(command):
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_help_needs_no_heavy_import():
    code = "import sys; from assistant.cli import main; main(['--help']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"numpy", "cv2", "carla", "numba", "openvino", "pydantic", "tyro", "torch"}


def test_only_one_file_imports_ultralytics():
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("assistant", "data", "perception", "planning", "sim_bridge")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(import|from) ultralytics", path.read_text(), re.MULTILINE)
    ]
    assert found == ["perception/detection/ultralytics_training.py"]


def test_the_readme_has_exactly_two_set_up_commands_each_one_line():
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert [len(block.splitlines()) for block in blocks] == [1, 1]
