"""A drive and a server that several tests look at."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.recording import read_recording
from data.topics import TOPICS
from tests.drives.command import Ended, nanshan, started

SEED, CARS, SECONDS = 67, 12, 3  # seed 67 starts behind another car, one lane over
BLIND = ("--oracle", "objects,lanes,lights", "--camera.width", 160, "--camera.height", 90)  # cheap frames
REPEATABLE = tuple(topic for topic in TOPICS if topic.repeatable)


@dataclass(frozen=True)
class Driven:
    """What is left of a drive.

    Attributes:
        ended: how the command ended.
        folder: with its recording and its summary.
    """

    ended: Ended
    folder: Path

    @property
    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    def values(self, topic):
        """The decoded messages of a topic."""
        return [record.value for record in read_recording(self.folder / "drive.mcap", (topic,))]

    def messages(self):
        """Everything recorded that must repeat: topic, time and bytes."""
        records = read_recording(self.folder / "drive.mcap", REPEATABLE)
        return [(record.topic, record.t_ns, record.data) for record in records]


def drive(cwd, *arguments, seed=SEED):
    """A short drive by camera among other cars; without a video, which takes its time."""
    where = ("--runs", None, "--record", "drive.mcap", "--json", "summary.json")
    ended = nanshan(*ordered(seed), *where, *arguments, cwd=cwd)
    return Driven(ended, cwd)


def at(port):
    """The options that name a server."""
    return ("--host", "127.0.0.1", "--port", port)


def ordered(seed):
    return ("drive", "--seconds", SECONDS, "--traffic", CARS, "--seed", seed)


@pytest.fixture(scope="session")
def driven(tmp_path_factory):
    """A drive that leaves everything in `runs/`, as it does by itself."""
    home = tmp_path_factory.mktemp("drive")
    ended = nanshan(*ordered(SEED), cwd=home)
    (folder,) = (home / "runs").iterdir()
    return Driven(ended, folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Port of a `nanshan serve` that belongs to somebody else and goes on by itself."""
    with started("serve", "--port", 0, cwd=tmp_path_factory.mktemp("server")) as command:
        yield int(command.said("ready").split()[2])
        assert command.process.poll() is None
