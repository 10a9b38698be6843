import os
from pathlib import Path

import pytest

from data.files import check_can_be_written, named, told
from data.jsonable import write_json


def test_an_error_of_writing_names_its_file():
    def write():
        with named(Path("/dev/full")), Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"x")

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert told(caught.value) == "/dev/full: No space left on device"


def test_a_check_finds_what_cannot_be_written_and_makes_nothing(tmp_path):
    check_can_be_written(tmp_path / "new" / "folder" / "a.json")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    check_can_be_written(tmp_path / "file")
    with pytest.raises(NotADirectoryError, match=r"a\.json"):
        check_can_be_written(tmp_path / "file" / "a.json")
    with pytest.raises(IsADirectoryError):
        check_can_be_written(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_found(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=r"a\.json"):
        check_can_be_written(tmp_path / "a.json")


def test_a_json_file_that_cannot_take_its_place_leaves_no_part(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError, match=r"a\.json"):
        write_json(tmp_path / "a.json", {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
