from pathlib import Path

import pytest

from data.files import named, told
from data.jsonable import write_json


def test_an_error_of_writing_names_its_file():
    def write():
        with named(Path("/dev/full")), Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"x")

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert told(caught.value) == "/dev/full: No space left on device"


def test_a_json_file_that_cannot_take_its_place_leaves_no_part(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError, match=r"a\.json"):
        write_json(tmp_path / "a.json", {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
