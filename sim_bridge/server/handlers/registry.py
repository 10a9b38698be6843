"""All remote calls by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sim_bridge.server.handlers import (
    actors,
    batches,
    connecting,
    environment,
    lines,
    maps,
    motion,
    navigation,
    traffic_lights,
    traffic_manager,
    vehicles,
    walkers,
    weather,
)
from sim_bridge.server.handlers.session import Server, Session
from sim_bridge.server.rpc import Connection, Handler
from sim_bridge.server.wire.values import Wire, WireError

_SUBJECTS = (
    actors,
    batches,
    connecting,
    environment,
    lines,
    maps,
    motion,
    navigation,
    traffic_lights,
    traffic_manager,
    vehicles,
    walkers,
    weather,
)


def all_handlers(server: Server) -> dict[str, Handler]:
    """Every call by its name on the wire, which is the name of its function."""
    functions = [function for subject in _SUBJECTS for function in subject.HANDLERS]
    return {function.__name__: _handler(server, function) for function in functions}


def _handler(server: Server, function: Callable[..., Any]) -> Handler:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    needed = sum(p.default is inspect.Parameter.empty for p in parameters)
    taken = len(parameters)

    def handle(connection: Connection, arguments: list[Wire]) -> Any:  # noqa: ANN401 - whatever it answers
        if len(arguments) < needed:
            raise WireError(f"expected {needed} arguments, got {len(arguments)}")
        return function(Session(server, connection), *arguments[:taken])

    return handle
