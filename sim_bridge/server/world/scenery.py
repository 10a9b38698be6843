"""What cameras see of an episode: the map's static scene, and instances of everything that moves."""

from __future__ import annotations

from collections.abc import Callable

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Instances, Rendered, StaticScene, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.world.episode import Episode


class Scenery:
    """The renderer of the current map."""

    def __init__(self) -> None:
        self._renderer = Renderer(StaticScene.empty(), [])

    def warm_up(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Compiles what draws."""
        self._renderer.warm_up(progress)

    def moving(self, episode: Episode) -> Instances:
        """Everything that moves, as it is now."""
        return Instances.none()

    def render(self, view: View, moving: Instances, weather: Weather, time_s: float) -> Rendered:
        """One view; may run on any one thread at a time."""
        return self._renderer.render(view, moving, weather, time_s)
