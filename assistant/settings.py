"""Settings of the commands: frozen models that are the command line, the TOML file and the record at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from pydantic import BaseModel, ConfigDict, Field, field_validator

from planning.config import ControlConfig, PlannerConfig

ORACLES = ("objects", "lanes", "lights")
DEFAULT_TOWN = "Nanshan01"
RUNS = Path("runs")


class Settings(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModuleSettings(Settings):
    """Which modules perceive. Each is a name registered under an entry point group, see docs/extending.md."""

    detector: str = Field(default="yolo", description="object detector")
    weights: Path | None = Field(default=None, description="model file of the detector; its own if not given")
    tracker: str = Field(default="kalman", description="object tracker")
    lanes: str = Field(default="classical", description="lane estimator")
    planner: str = Field(default="rules", description="planner")


class CameraSettings(Settings):
    """The front camera that the drive mounts."""

    width: int = Field(default=640, ge=160, le=1920, description="pixels")
    height: int = Field(default=360, ge=90, le=1080, description="pixels")
    fov_deg: float = Field(default=75.0, ge=30.0, le=120.0, description="horizontal opening angle")

    @field_validator("width", "height")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even, for video")
        return value


class DriveSettings(Settings):
    """Drives in a simulator and says how well.

    Without --host the embedded server is started for the drive: nothing else needs to be installed. The
    recording (MCAP, opens in Foxglove, Lichtblick and Rerun), the HUD video and the summary are left in
    runs/.
    Exit code: 0 driven without a collision caused, a red light run or a lane left; 1 with one, or when the
    drive broke off; 2 when it could not start.

    Examples:
        nanshan drive --seed 7 --traffic 20 --weather HardRainSunset
        nanshan drive --oracle objects,lanes --seconds 20
        nanshan drive --host 192.0.2.7 --town Town01
    """

    town: str | None = Field(
        default=None,
        description=f"town or .xodr file; if not given {DEFAULT_TOWN}, or with --host what is loaded",
    )
    maps: Path | None = Field(default=None, description="folder of .xodr files, more towns to choose")
    seconds: float = Field(default=60.0, gt=0.0, le=36000.0, description="simulated time to drive")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of start, route, traffic and sensor noise")
    traffic: int = Field(default=10, ge=0, le=200, description="other cars, driven by the TrafficManager")
    walkers: int = Field(default=0, ge=0, le=200, description="people who walk about near the start")
    weather: str = Field(default="ClearNoon", description="a CARLA preset, e.g. CloudyNoon or HardRainSunset")
    host: str | None = Field(default=None, description="address of a server that runs already")
    port: int = Field(default=2000, ge=1, le=65535, description="of that server")
    oracle: str = Field(default="", description="replace by the truth any of objects,lanes,lights")
    record: Path | None = Field(default=None, description="recording, FILE.mcap; in runs/ if not given")
    video: Path | None = Field(default=None, description="HUD video, FILE.mp4; in runs/ if not given")
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="summary, FILE.json; in runs/ if not given"
    )
    jsonl: Path | None = Field(default=None, description="what was perceived, a JSON line a frame")
    runs: Path | None = Field(
        default=RUNS, description="folder for what has no path of its own; None for none"
    )
    ego: str = Field(default="vehicle.tesla.model3", description="blueprint of the ego")
    camera: CameraSettings = CameraSettings()
    modules: ModuleSettings = ModuleSettings()
    planning: PlannerConfig = PlannerConfig()
    control: ControlConfig = ControlConfig()

    @field_validator("oracle")
    @classmethod
    def _known_oracles(cls, value: str) -> str:
        return checked_oracles(value)


class ReplaySettings(Settings):
    """Runs recorded pictures through the same pipeline.

    A source is a video, a folder of pictures, a single picture or a recording of ours. Nothing carries over
    from one source to the next.
    Exit code: 0 done, 1 broke off, 2 a source cannot be read or an output cannot be made.

    Examples:
        nanshan replay dashcam.mp4 --video out.mp4
        nanshan replay frames/ --rate-hz 10 --jsonl out.jsonl
        nanshan replay photographs/ --stills --jsonl out.jsonl
    """

    sources: tyro.conf.Positional[tuple[Path, ...]] = Field(
        description="videos, folders, pictures, recordings"
    )
    video: Path | None = Field(default=None, description="HUD video, FILE.mp4")
    jsonl: Path | None = Field(default=None, description="what was perceived, a JSON line a frame")
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="summary, FILE.json"
    )
    record: Path | None = Field(default=None, description="recording of the replay, FILE.mcap, of one source")
    fov_deg: float = Field(default=60.0, ge=20.0, le=150.0, description="assumed of pictures and videos")
    camera_height_m: float = Field(default=1.4, gt=0.1, le=5.0, description="assumed, above the road")
    pitch_deg: float = Field(default=0.0, ge=-20.0, le=45.0, description="assumed, positive looks down")
    rate_hz: float = Field(default=20.0, ge=0.1, le=240.0, description="of the pictures of a folder")
    stills: bool = Field(
        default=False,
        description="the pictures of a folder are no series: each is seen by itself, as a single picture is",
    )
    modules: ModuleSettings = ModuleSettings()
    planning: PlannerConfig = PlannerConfig()
    control: ControlConfig = ControlConfig()


def checked_oracles(value: str) -> str:
    """`value` without blanks if it is a comma-separated list of oracle names.

    Raises:
        ValueError: an unknown name.
    """
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in ORACLES:
            raise ValueError(f"unknown oracle '{name}'; there are {','.join(ORACLES)}")
    return ",".join(names)
