"""What vehicles are made of."""

from typing import Final

from sim_bridge.server.renderer.meshes.faces import Finish, finish
from sim_bridge.server.renderer.scene import Material

PAINT: Final[Finish] = Finish(Material.PAINT, (1.0, 1.0, 1.0))
DARK_PAINT: Final[Finish] = Finish(Material.PAINT, (0.55, 0.55, 0.55))
TRIM: Final = finish(Material.MATTE, 0x232426)
GAP: Final = finish(Material.MATTE, 0x0E0F10)
UNDERBODY: Final = finish(Material.MATTE, 0x121213)
GLASS: Final = finish(Material.GLASS, 0x1B2226)
PILLAR: Final = finish(Material.GLASS, 0x0B0C0D)
CHROME: Final = finish(Material.CHROME, 0xC4C8CC)
RIM: Final = finish(Material.CHROME, 0xA9ADB1)
TYRE: Final = finish(Material.RUBBER, 0x1A1A1B)
HEAD_LAMP: Final = finish(Material.LAMP_HEAD, 0xE4E9EE)
TAIL_LAMP: Final = finish(Material.LAMP_TAIL, 0xA81216)
BRAKE_LAMP: Final = finish(Material.LAMP_BRAKE, 0xC81418)
REVERSE_LAMP: Final = finish(Material.LAMP_REVERSE, 0xD6D4D0)
INDICATOR: Final = finish(Material.LAMP_INDICATOR_RIGHT, 0xD9771C)
"""On the right-hand side (y > 0); `both_sides` makes the left one."""
PLATE: Final = finish(Material.SIGN, 0xE9E7DE)
PLATE_INK: Final = finish(Material.MATTE, 0x6A6C70)
