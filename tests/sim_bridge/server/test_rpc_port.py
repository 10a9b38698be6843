"""The RPC port, spoken to byte by byte."""

import socket

import msgpack
import pytest

LOOPBACK = "127.0.0.1"


class Caller:
    def __init__(self, port):
        self.socket = socket.create_connection((LOOPBACK, port), timeout=5.0)
        self.unpacker = msgpack.Unpacker(raw=False)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        while True:
            for message in self.unpacker:
                return message
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError
            self.unpacker.feed(data)

    def call(self, name, *arguments):
        self.send(msgpack.packb([0, 7, name, [[False], *arguments]], use_bin_type=True))
        kind, number, error, result = self.answer()
        assert (kind, number) == (1, 7)
        return error, result


@pytest.fixture
def caller(server):
    caller = Caller(server.port)
    yield caller
    caller.socket.close()


def was_closed(caller):
    try:
        return caller.socket.recv(100) == b""
    except ConnectionError:
        return True


def test_a_result_comes_in_the_wrapper_of_a_success(caller):
    assert caller.call("version") == (None, [[1, "0.9.16"]])


def test_a_call_without_a_result_comes_in_the_wrapper_of_nothing(caller):
    assert caller.call("copy_opendrive_to_file", "<OpenDRIVE/>", []) == (None, [[False]])


def test_a_failed_call_comes_in_the_wrapper_of_an_error(caller):
    error, [[kind, [message]]] = caller.call("get_physics_control", 123456)
    assert error is None
    assert kind == 0
    assert "123456" in message


def test_the_answer_to_a_batch_is_not_wrapped(caller):
    error, answers = caller.call("apply_batch", [[[1, [123456]]]], False)
    assert error is None
    assert answers[0][0][0] == 0


def test_an_unknown_function_is_named_and_the_connection_stays_usable(caller):
    error, _ = caller.call("no_such_function", 1)
    assert "no_such_function" in error
    assert caller.call("version")[1] == [[1, "0.9.16"]]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("spawn_actor", []),
        ("spawn_actor", [1, 2]),
        ("spawn_actor", [[1, "vehicle.tesla.model3", []], [[0, 0, 0], [0, float("nan"), 0]]]),
        ("apply_batch", [7, False]),
        ("set_episode_settings", [[True]]),
        ("set_weather_parameters", [["wet"] * 14]),
        ("get_actors_by_id", ["all"]),
        ("tick_cue_", []),
    ],
)
def test_wrong_arguments_are_an_error_of_that_call_alone(caller, name, arguments):
    error, result = caller.call(name, *arguments)
    assert error is not None or result[0][0] == 0
    assert caller.call("version")[1] == [[1, "0.9.16"]]


def test_a_call_may_arrive_in_pieces(caller):
    request = msgpack.packb([0, 9, "version", [[False]]])
    for byte in request:
        caller.send(bytes([byte]))
    assert caller.answer() == [1, 9, None, [[1, "0.9.16"]]]


def test_a_notification_is_not_answered(caller):
    caller.send(msgpack.packb([2, "version", [[False]]]))
    assert caller.call("version")[1] == [[1, "0.9.16"]]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xc1" * 10,
        b"\xdd\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\x91" * 5000,
        msgpack.packb({"a": 1}),
        msgpack.packb([0, "id", "version", [[False]]]),
        msgpack.packb([0, 1, 2, [[False]]]),
        msgpack.packb([0, 1, "version"]),
        msgpack.packb([5, 1, "version", [[False]]]),
        msgpack.packb([0, 1, b"\xff\xfe", [[False]]], use_bin_type=False),
    ],
)
def test_malformed_bytes_close_that_connection_only(server, caller, garbage):
    other = Caller(server.port)
    caller.send(garbage)
    assert was_closed(caller)
    assert other.call("version")[1] == [[1, "0.9.16"]]
    other.socket.close()


def test_a_stream_nobody_serves_stays_open_and_silent(server, caller, world):
    _, [[_, [token]]] = caller.call("get_sensor_token", 1)
    listener = Caller(int.from_bytes(token[4:6], "little"))
    listener.send((987654).to_bytes(4, "little"))
    world.tick()
    listener.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        listener.socket.recv(1)
    listener.socket.close()
