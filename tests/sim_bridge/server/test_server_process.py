import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest


def serve(*arguments, timeout=60.0):
    return subprocess.run(
        [sys.executable, "-m", "sim_bridge.server", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def assert_one_clear_line(result, *words):
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert all(word in result.stderr for word in words), result.stderr


def test_an_unknown_town_ends_with_one_line_and_code_2():
    assert_one_clear_line(serve("--port", "0", "--map", "Atlantis"), "Atlantis", "Nanshan01")


def test_a_missing_file_ends_with_one_line_and_code_2(tmp_path):
    assert_one_clear_line(serve("--port", "0", "--map", str(tmp_path / "no.xodr")), "no.xodr")


def test_a_broken_file_ends_with_one_line_and_code_2(tmp_path):
    (tmp_path / "broken.xodr").write_text("<OpenDRIVE><road/></OpenDRIVE>")
    assert_one_clear_line(serve("--port", "0", "--map", str(tmp_path / "broken.xodr")), "broken.xodr")


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_an_impossible_port_ends_with_one_line_and_code_2(loop_map_path, port):
    assert_one_clear_line(serve("--port", port, "--map", str(loop_map_path)), port)


def test_a_busy_port_ends_with_one_line_and_code_2(loop_map_path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        result = serve("--port", port, "--map", str(loop_map_path))
    assert_one_clear_line(result, port, "--port")


def free_port_before_a_taken_one(stack):
    for _ in range(100):
        taken = socket.create_server(("127.0.0.1", 0))
        stack.enter_context(taken)
        port = taken.getsockname()[1] - 1
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no free port beside a taken one")


def test_a_taken_stream_port_is_avoided_and_ctrl_c_ends_the_server_cleanly(start_server):
    with contextlib.ExitStack() as stack:
        port = free_port_before_a_taken_one(stack)
        server = stack.enter_context(start_server("--port", str(port)))
        assert server.port == port
        assert server.client().get_world().wait_for_tick(10.0).frame > 0
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20.0) == 0


def test_the_server_ends_with_its_parent(start_server):
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with parent, start_server("--parent-pid", str(parent.pid)) as server:
        assert server.process.poll() is None
        parent.communicate(b"\n")
        assert server.process.wait(20.0) == 0


def test_a_dead_client_leaves_the_server_alive(server, world):
    code = (
        f"import carla, os; c = carla.Client('127.0.0.1', {server.port}); w = c.get_world(); "
        "w.on_tick(lambda s: None); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=30.0)
    time.sleep(0.1)
    world.tick()
    assert server.process.poll() is None
    assert os.path.exists(f"/proc/{server.process.pid}")


@pytest.mark.parametrize("words", [("nowhere", "no such folder"), ("", "there is no .xodr file")])
def test_a_folder_without_maps_ends_with_one_line_and_code_2(tmp_path, words):
    folder, reason = words
    assert_one_clear_line(serve("--port", "0", "--maps", str(tmp_path / folder)), reason)
