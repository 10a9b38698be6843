"""The picture book, of a small world, made as a user makes it."""

import json
import re

import cv2
import numpy as np
import pytest

from assistant.cli import main

MARK = '<roadMark sOffset="0" type="broken" weight="standard" color="white" width="0.13"/>'


def lane(number, kind, width):
    return (
        f'<lane id="{number}" type="{kind}" level="false"><link/>'
        f'<width sOffset="0" a="{width}" b="0" c="0" d="0"/>{MARK}</lane>'
    )


ORIGIN = "<geoReference><![CDATA[+proj=tmerc +lat_0=0 +lon_0=0]]></geoReference>"
ROAD = (
    '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="" north="0" south="0" east="0" '
    f'west="0">{ORIGIN}</header><road name="" length="160" id="1" junction="-1"><link/>'
    '<type s="0" type="town"/><planView><geometry s="0" x="0" y="0" hdg="0" length="160"><line/></geometry>'
    f'</planView><elevationProfile/><lanes><laneSection s="0"><left>{lane(2, "sidewalk", 2.5)}'
    f'{lane(1, "driving", 3.5)}</left><center><lane id="0" type="none" level="false">{MARK}</lane></center>'
    f"<right>{lane(-1, 'driving', 3.5)}{lane(-2, 'sidewalk', 2.5)}</right></laneSection></lanes></road>"
    "</OpenDRIVE>"
)


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    path = tmp_path_factory.mktemp("world") / "one_road.xodr"
    path.write_text(ROAD)
    return path


@pytest.fixture(scope="module")
def arguments(road):
    return ["gallery", "--towns", str(road), "--size", "96x54"]


@pytest.fixture(scope="module")
def book(arguments, tmp_path_factory):
    out = tmp_path_factory.mktemp("book")
    wanted = ["--chapters", "towns,weather,lights,sensors", "--json", str(out / "result.json")]
    assert main([*arguments, *wanted, "--out", str(out), "--html", str(out / "all.html")]) == 0
    return out


def read(path):
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return picture


def test_the_page_shows_every_picture_there_is(book):
    shown = re.findall(r"\]\(gallery/([^)]+)\.webp\)", (book / "gallery.md").read_text())
    on_disk = {path.stem for path in (book / "gallery").glob("*.webp")}
    assert len(shown) == len(set(shown))
    assert set(shown) == on_disk == set(json.loads((book / "gallery" / "index.json").read_text()))
    assert (book / "all.html").read_text().count("data:image/webp") == len(shown)
    metrics = json.loads((book / "result.json").read_text())["metrics"]
    assert sum(metrics["pictures"].values()) == len(shown)


def test_the_towns_weathers_lamps_and_sensors_are_those_that_carla_names(book):
    names = {path.stem for path in (book / "gallery").glob("*.webp")}
    assert {"town-one_road-above", "town-one_road-1", "weather-HardRainNight", "weather-Default"} <= names
    assert {"light-Brake", "light-All", "sensor-camera-depth", "sensor-camera-instance_segmentation"} <= names
    assert "`sensor.other.gnss`" in (book / "gallery.md").read_text()
    assert "sensor-other-gnss" not in names


def test_pictures_are_of_the_size_asked_for_and_of_something(book):
    for path in (book / "gallery").glob("*.webp"):
        height, width = read(path).shape[:2]
        assert (height, width % 48) in {(54, 0), (27, 0)}, path
        assert read(path).std() > 2.0, path
    assert (
        read(book / "gallery" / "weather-ClearNight.webp").mean()
        < 0.8 * read(book / "gallery" / "weather-ClearNoon.webp").mean()
    )


def test_the_check_names_what_changed_and_finds_all_else_the_same_to_the_last_bit(
    book, arguments, tmp_path, capsys
):
    earlier = tmp_path / "earlier"
    (earlier / "gallery").mkdir(parents=True)
    for path in (book / "gallery").iterdir():
        (earlier / "gallery" / path.name).write_bytes(path.read_bytes())
    index = json.loads((earlier / "gallery" / "index.json").read_text())
    index["light-Brake"] = "another"
    del index["light-Fog"]
    (earlier / "gallery" / "index.json").write_text(json.dumps(index))
    dark = np.zeros((27, 96, 3), np.uint8)
    (earlier / "gallery" / "light-Brake.webp").write_bytes(cv2.imencode(".webp", dark)[1].tobytes())
    assert main([*arguments, "--chapters", "towns,lights,sensors", "--check", str(earlier)]) == 1
    said = capsys.readouterr().out
    assert re.search(r"^2 of 2\d differ", said, re.MULTILINE), said
    assert "light-Fog: new" in said
    assert float(re.search(r"light-Brake: changed by ([0-9.]+) of 255", said)[1]) > 3.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--towns", "Atlantis"], "'Atlantis': unknown town"),
        (["--chapters", "animals"], "chapters: there is no 'animals'; there are towns"),
        (["--size", "huge"], "size: write it as 416x234"),
        (["--size", "8x8"], "size: must be within 64x36"),
        (["--check", "nowhere"], "--check nowhere: has no gallery/index.json"),
        (["--out", "/dev/null"], "--out /dev/null: is a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_ends_in_one_line(wrong, message, road, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["gallery", "--towns", str(road), *wrong]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_help_teaches_how_to_compare(capsys):
    assert main(["gallery", "--help"]) == 0
    said = capsys.readouterr().out
    assert "nanshan gallery --check docs" in said
    assert "--json" in said
