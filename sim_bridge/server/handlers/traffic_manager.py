"""The register of TrafficManagers, which run in clients."""

from __future__ import annotations

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.wire.values import Wire, integer, members, text


def is_traffic_manager_running(session: Session, port: Wire) -> bool:
    """Whether a client has announced a TrafficManager on that port."""
    return integer(port, "port") in session.server.traffic_managers


def get_traffic_manager_running(session: Session, port: Wire) -> Wire:
    """Where the TrafficManager of that port runs."""
    wanted = integer(port, "port")
    address, _ = session.server.traffic_managers.get(wanted, ("", session.connection))
    return [address, wanted]


def add_traffic_manager_running(session: Session, endpoint: Wire) -> bool:
    """Announces a TrafficManager; it counts until its connection closes."""
    address, port = members(endpoint, 2, "endpoint")
    wanted = integer(port, "port")
    if wanted in session.server.traffic_managers:
        return False
    session.server.traffic_managers[wanted] = (text(address, "address"), session.connection)
    return True


def destroy_traffic_manager(session: Session, port: Wire) -> bool:
    """Withdraws a TrafficManager."""
    return session.server.traffic_managers.pop(integer(port, "port"), None) is not None


HANDLERS = (
    is_traffic_manager_running,
    get_traffic_manager_running,
    add_traffic_manager_running,
    destroy_traffic_manager,
)
