from assistant.cli import main
from assistant.run_folder import with_run_files
from assistant.settings import DriveSettings


def test_drives_that_start_in_the_same_second_do_not_share_a_folder(tmp_path):
    settings = DriveSettings(runs=tmp_path)
    folders = [with_run_files(settings).video.parent for _ in range(3)]
    assert len(set(folders)) == 3
    assert all(folder.parent == tmp_path and folder.is_dir() for folder in folders)


def test_a_drive_makes_no_folder_when_everything_has_a_place(tmp_path):
    files = {name: tmp_path / name for name in ("record", "video", "json")}
    with_run_files(DriveSettings(runs=tmp_path / "runs", **files))
    assert not (tmp_path / "runs").exists()


def test_a_drive_that_cannot_start_leaves_no_folder_behind(tmp_path):
    assert main(["drive", "--weather", "Sunny", "--runs", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


def test_runs_that_is_no_folder_is_told_in_one_line(tmp_path, capsys):
    for name, make in (
        ("file", lambda path: path.write_text("")),
        ("link", lambda path: path.symlink_to("gone")),
    ):
        make(tmp_path / name)
        assert main(["drive", "--runs", str(tmp_path / name)]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert str(tmp_path / name) in line
