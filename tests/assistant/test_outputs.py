import json
import os
import threading

import pytest

from assistant.observers.json_lines import JsonLines
from assistant.observers.recorder import Recorder
from assistant.outputs import check_outputs, close_all
from data.jsonable import write_json
from tests.assistant.frames import result


def test_two_outputs_in_one_file_are_refused(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(ValueError, match=r"--json .*a: is the file of --video too"):
        check_outputs({"--video": path, "--json": tmp_path / "." / "a"})


def test_a_source_is_never_written_over(tmp_path):
    source = tmp_path / "drive.mp4"
    source.write_bytes(b"precious")
    (tmp_path / "link.mp4").symlink_to(source)
    with pytest.raises(ValueError, match=r"--video .*link.mp4: is read as a source"):
        check_outputs({"--video": tmp_path / "link.mp4", "--json": None}, [source])


def test_a_folder_and_a_path_through_a_file_are_refused_as_outputs(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"--json .*: is a folder"):
        check_outputs({"--json": tmp_path})
    with pytest.raises(ValueError, match=r"--record .*: .*file is a file, not a folder"):
        check_outputs({"--record": tmp_path / "file" / "a.mcap"})


def test_checking_outputs_makes_nothing(tmp_path):
    check_outputs({"--json": tmp_path / "new" / "a.json", "--jsonl": tmp_path / "new" / "b.jsonl"})
    assert list(tmp_path.iterdir()) == []


def test_a_summary_goes_into_a_pipe_and_leaves_it_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_json(pipe, {"a": 1})
    reader.join(timeout=10.0)
    assert json.loads(read[0]) == {"a": 1}
    assert pipe.is_fifo()


@pytest.mark.parametrize("observer", [JsonLines, lambda path: Recorder(path, {})], ids=["jsonl", "record"])
def test_a_full_disk_is_told_with_the_name_of_the_file(observer, tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    observer = observer(full)

    def write():
        for frame in range(200):
            observer.on_frame(result(frame))

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert caught.value.filename == str(full)


def test_one_output_that_cannot_be_closed_does_not_leave_the_others_open():
    closed = []

    class Output:
        def __init__(self, name, error=None):
            self.name, self.error = name, error

        def on_frame(self, result):
            pass

        def close(self):
            closed.append(self.name)
            if self.error:
                raise self.error

    outputs = [
        Output("a", OSError(28, "full", "a.jsonl")),
        Output("b"),
        Output("c", OSError(5, "broken", "c")),
    ]
    assert close_all(outputs) == "a.jsonl: full"
    assert closed == ["a", "b", "c"]
