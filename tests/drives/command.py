"""Runs `nanshan` as a user does, in a process of its own, and sees what it leaves running."""

import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "NANSHAN_TEST_MARK"
DEADLINE_S = 200.0
POLL_S = 0.02


@dataclass(frozen=True)
class Ended:
    """What a command said, and with which code it ended."""

    code: int
    out: str
    err: str

    @property
    def complaints(self):
        """The lines on standard error that are no progress."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        return [line for line in lines if not line.startswith("compiling the renderer")]


@dataclass(frozen=True)
class Started:
    """A command that runs, with the mark that all its children carry."""

    process: subprocess.Popen
    mark: str

    def ended(self, within_s=DEADLINE_S):
        """Waits for its end."""
        out, err = self.process.communicate(timeout=within_s)
        return Ended(self.process.returncode, out, err)

    def said(self, first_word):
        """The next line on standard output that begins with that word."""
        for line in self.process.stdout:
            if line.split(maxsplit=1)[:1] == [first_word]:
                return line.strip()
        raise AssertionError(f"ended before it said {first_word!r}: {self.process.stderr.read()}")

    def child(self, word):
        """The process id of its child that has the word in its command line."""
        (pid,) = [pid for pid in marked(self.mark) if word in command_line(pid)]
        return pid

    def left_running(self):
        """Command lines of what carries the mark and still runs, after a moment to end in."""
        deadline = time.monotonic() + 5.0
        while (left := marked(self.mark)) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return [command_line(pid) for pid in left]


def marked(mark):
    """Process ids of everything that was started with the mark in its environment."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _has(entry, mark)
    ]


def _has(entry, mark):
    try:
        # What has ended and waits for its parent has no environment any more.
        return f"{MARK}={mark}".encode() in (entry / "environ").read_bytes()
    except OSError:
        return False


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def started(*arguments, cwd, largest_file=None):
    """Starts the command; whatever of it is left at the end of the block is killed.

    Args:
        arguments: of the command.
        cwd: where it runs and leaves `runs/`.
        largest_file: bytes at which the files that it writes are full.
    """
    mark = uuid.uuid4().hex

    def limit():
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )
    try:
        yield Started(process, mark)
    finally:
        process.kill()
        process.wait()
        for pid in marked(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.stdout.close()
        process.stderr.close()


def nanshan(*arguments, cwd, largest_file=None, within_s=DEADLINE_S):
    """Runs the command to its end and makes sure that it left nothing running."""
    with started(*arguments, cwd=cwd, largest_file=largest_file) as command:
        ended = command.ended(within_s)
        assert command.left_running() == []
    return ended


def wait_for_lines(path, count):
    """Waits until a file has that many lines: so many frames have been driven."""
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline, f"{path} did not reach {count} lines"
        time.sleep(POLL_S)
