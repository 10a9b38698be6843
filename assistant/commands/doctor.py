"""`nanshan doctor`: what is installed, which server answers, whether they fit."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated, Literal

import tyro
from pydantic import Field
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant.command_line import from_command_line
from assistant.outputs import check_outputs
from assistant.results import machine, result_object
from assistant.settings import Settings
from data.jsonable import write_json

OPTIONAL = {"ultralytics": "for training: pip install '.[ultralytics]' in Nanshan's folder"}
CARLA_VERSION = "0.9.16"
FREE_DISK_GB = 1.0
Verdict = Literal["ok", "note", "bad"]
MARKS: dict[Verdict, str] = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}


class DoctorSettings(Settings):
    """Says what is installed, which server answers, and whether they fit.

    Exit code: 0 everything a drive needs is there, 1 something is not, 2 unusable input.
    """

    host: str | None = Field(
        default=None, description="address of a CARLA server that must answer; 127.0.0.1 is tried without it"
    )
    port: int = Field(default=2000, ge=1, le=65535, description="of that server")
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="the findings, FILE.json"
    )


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    verdict: Verdict
    text: str


def main(argv: list[str]) -> int:
    """Runs the command; see `DoctorSettings` for the exit codes."""
    settings = from_command_line(DoctorSettings, "doctor", argv)
    if isinstance(settings, int):
        return settings
    try:
        check_outputs({"--json": settings.json_})
    except ValueError as error:
        print(f"nanshan doctor: {error}", file=sys.stderr)
        return 2
    findings = examine(settings)
    table = Table(box=None, pad_edge=False)
    for column in ("subject", "", "finding"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        table.add_row(finding.subject, MARKS[finding.verdict], escape(finding.text))
    Console(soft_wrap=True).print(table)
    if settings.json_ is not None:
        metrics = {
            finding.subject: {"verdict": finding.verdict, "text": finding.text} for finding in findings
        }
        write_json(settings.json_, result_object("doctor", metrics, settings.model_dump(mode="json")))
    return 1 if any(finding.verdict == "bad" for finding in findings) else 0


def examine(settings: DoctorSettings) -> list[Finding]:
    """Every check, one after the other; none of them raises."""
    findings = [_python(), *_packages(_required(), OPTIONAL), _machine(), _disk(Path.cwd())]
    findings.append(_guarded("detector", _detector))
    findings.append(_guarded("town", _town))
    findings.append(_guarded("renderer", _renderer))
    findings.append(_guarded("server", lambda: _server(settings)))
    return findings


def _guarded(subject: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:  # a doctor reports what is broken, whatever it is
        return Finding(subject, "bad", str(error).splitlines()[0] if str(error) else repr(error))


def _python() -> Finding:
    fits = (3, 11) <= sys.version_info[:2] < (3, 13)
    text = f"{sys.version.split()[0]} at {sys.executable}"
    return Finding("python", "ok" if fits else "bad", text if fits else f"{text}; 3.11 or 3.12 is needed")


def _required() -> list[str]:
    """The packages that Nanshan's own metadata asks for, without those of its extras."""
    asked = [line for line in requires("nanshan") or [] if "extra ==" not in line]
    return sorted(re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in asked)


def _packages(required: Iterable[str], optional: dict[str, str]) -> list[Finding]:
    findings = []
    for package in (*required, *optional):
        try:
            found = version(package)
        except PackageNotFoundError:
            missing = optional.get(package)
            text = f"not installed ({missing})" if missing else "missing: pip install . in Nanshan's folder"
            findings.append(Finding(package, "note" if missing else "bad", text))
            continue
        if package == "carla" and found != CARLA_VERSION:
            findings.append(Finding(package, "bad", f"{found}; {CARLA_VERSION} is needed"))
        else:
            findings.append(Finding(package, "ok", found))
    return findings


def _machine() -> Finding:
    facts = machine()
    return Finding("machine", "ok", f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}")


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    enough = free_gb > FREE_DISK_GB
    return Finding("disk", "ok" if enough else "bad", f"{free_gb:.1f} GB free at {folder}")


def _detector() -> Finding:
    from perception.detection.openvino_detector import DEFAULT_WEIGHTS, OpenVinoDetector

    width, height = OpenVinoDetector().input_size
    return Finding("detector", "ok", f"{DEFAULT_WEIGHTS.name}, input {width}x{height}")


def _town() -> Finding:
    from assistant.settings import DEFAULT_TOWN
    from sim_bridge.server.maps.town_files import own_towns
    from sim_bridge.server.maps.world_map import load_world_map

    points = len(load_world_map(DEFAULT_TOWN).spawn_points)
    return Finding("town", "ok", f"{', '.join(own_towns())}; {DEFAULT_TOWN} has {points} spawn points")


def _renderer() -> Finding:
    from sim_bridge.server import renderer
    from sim_bridge.server.renderer.jit import cache_folder

    folder = cache_folder(Path(renderer.__file__).parent)
    if any(folder.rglob("*.nbi")):
        return Finding("renderer", "ok", f"compiled, in {folder}")
    return Finding("renderer", "note", "not compiled yet; the first drive does it, once")


def _server(settings: DoctorSettings) -> Finding:
    from sim_bridge.connection import connect
    from sim_bridge.errors import SimulatorError

    host = settings.host or "127.0.0.1"
    try:
        found: str = connect(host, settings.port).get_server_version()
    except SimulatorError as error:
        if settings.host is None:
            text = f"none that fits at {host}:{settings.port}; `nanshan drive` starts its own"
            return Finding("server", "note", text)
        return Finding("server", "bad", str(error))
    return Finding("server", "ok", f"{host}:{settings.port} answers, CARLA {found}, the client's version")
