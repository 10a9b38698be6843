"""Things that are made once: found again, made anew when the file is bad or what decides them changes."""

import os

import numba
import numpy as np
import pytest

from sim_bridge.server import kept as module
from sim_bridge.server.kept import kept


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path / "worlds"


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"array": np.arange(5.0), "call": self.calls}


def test_it_is_made_once_and_comes_back_the_same(folder):
    make = Maker()
    first, second = kept("thing", "a", make), kept("thing", "a", make)
    assert make.calls == 1
    assert second["call"] == 1
    np.testing.assert_array_equal(first["array"], second["array"])


def test_something_else_decides_something_else(folder):
    make = Maker()
    assert [kept("thing", text, make)["call"] for text in "aba"] == [1, 2, 1]


def test_half_a_file_is_made_anew(folder):
    make = Maker()
    kept("thing", "a", make)
    (path,) = folder.glob("*.pickle")
    path.write_bytes(path.read_bytes()[:-20])
    assert kept("thing", "a", make)["call"] == 2
    assert kept("thing", "a", make)["call"] == 2


def test_a_failure_leaves_nothing_behind(folder):
    def fails():
        raise ValueError("no such lane")

    with pytest.raises(ValueError, match="no such lane"):
        kept("thing", "a", fails)
    assert not list(folder.glob("*"))
    assert kept("thing", "a", Maker())["call"] == 1


def test_what_cannot_be_written_is_made_each_time(folder, tmp_path):
    folder.write_text("a file where the folder should be")
    make = Maker()
    assert [kept("thing", "a", make)["call"] for _ in range(2)] == [1, 2]


def test_the_one_that_was_not_used_for_longest_makes_room(folder, monkeypatch):
    monkeypatch.setattr(module, "_MOST_FILES", 2)
    make = Maker()
    for text in "ab":
        kept("thing", text, make)
    for path in folder.glob("*.pickle"):
        os.utime(path, (1.0, 1.0))
    kept("thing", "a", make)  # used just now
    kept("thing", "c", make)
    assert make.calls == 3
    kept("thing", "a", make)
    assert make.calls == 3
    kept("thing", "b", make)
    assert make.calls == 4
