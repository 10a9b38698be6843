"""The street lights of an episode: they burn when it is dark, until a client says otherwise."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.lights import StreetLight

# What a lamp gives that nobody has touched; a client that doubles the intensity doubles the light.
USUAL_LUMEN = 5000.0
USUAL_COLOUR = (255, 225, 182)
STREET_GROUP = 2
_BRIGHTEST = 8.0


class StreetLights:
    """The lights by number, from 1 on, in the order of the map.

    Attributes:
        lights: every light by its number.
    """

    def __init__(self, places: Floats) -> None:
        """Lights at (n, 3) places, metres."""
        self.lights = {
            number: StreetLight(number, (x, y, z), USUAL_LUMEN, STREET_GROUP, USUAL_COLOUR, True)
            for number, (x, y, z) in enumerate(np.asarray(places, float).tolist(), start=1)
        }

    def change(self, wanted: list[StreetLight]) -> None:
        """Takes over what a client wants."""
        for light in wanted:
            self.lights[light.light_id] = light

    def strengths(self) -> Floats:
        """(n, 3) linear RGB light of each, 1 for the red of a usual one; 0 for those that are off."""
        lights = self.lights.values()
        coded = np.array([light.colour for light in lights]).reshape(-1, 3) / 255.0
        linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
        share = [min(light.intensity / USUAL_LUMEN, _BRIGHTEST) * light.active for light in lights]
        strengths: Floats = linear * np.array(share).reshape(-1, 1)
        return strengths
