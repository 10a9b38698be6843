"""More connections than there is room for."""

import resource
import socket

import carla
from raw_calls import stream_port

from sim_bridge.server.crowd import Crowd, room


class Visitor:
    def __init__(self, proven=False):
        self.proven = proven
        self.closed = False

    def close(self):
        self.closed = True


def test_the_oldest_that_is_no_client_makes_room_for_the_next():
    crowd = Crowd(3)
    client, first, second = Visitor(proven=True), Visitor(), Visitor()
    assert all(crowd.admit(each) for each in (client, first, second))
    late = Visitor()
    assert crowd.admit(late)
    assert [each.closed for each in (client, first, second, late)] == [False, True, False, False]
    assert list(crowd) == [client, second, late]


def test_a_house_full_of_clients_turns_others_away():
    crowd = Crowd(2)
    assert all(crowd.admit(Visitor(proven=True)) for _ in range(2))
    assert not crowd.admit(Visitor())
    leaving = next(iter(crowd))
    assert crowd.forget(leaving)
    assert not crowd.forget(leaving)
    assert crowd.admit(Visitor())


def test_there_is_a_descriptor_for_everybody_who_may_come():
    callers, listeners = room()
    assert callers + listeners < resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert callers >= 16


def test_1500_idle_connections_keep_no_client_out(server, world):
    own = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, own[1]), own[1]))
    idle = []
    try:
        for port in (server.port, stream_port(server)):
            idle += [socket.create_connection(("127.0.0.1", port), timeout=10.0) for _ in range(1500)]
        late = server.client()
        blueprint = late.get_world().get_blueprint_library().find("sensor.other.gnss")
        fixes = []
        sensor = late.get_world().spawn_actor(blueprint, carla.Transform())
        sensor.listen(fixes.append)
        for _ in range(3):
            world.tick()  # the client that was there before is still served
        assert len(fixes) >= 2
        sensor.stop()
        sensor.destroy()
    finally:
        for each in idle:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, own)
