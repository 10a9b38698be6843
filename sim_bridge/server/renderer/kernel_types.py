"""What kernels hand to one another. The compiler does not look at these names: they are for readers.

Shading is single precision throughout, geometry on the picture is double. A docstring gives shapes and units
where a name does not.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# A length in metres, a share, a cosine, a radiance.
Single: TypeAlias = np.float32
# The number of a fragment, or how many there are: uint64 once compiled, see `fragments`.
Fragment: TypeAlias = int | np.uint64
# The number of anything else: a triangle, a vertex, a row of pixels.
Index: TypeAlias = int | np.int64 | np.int32

Singles: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]
Shorts: TypeAlias = NDArray[np.int16]
Words: TypeAlias = NDArray[np.uint32]
Bytes: TypeAlias = NDArray[np.uint8]

# (FLOAT_ROWS * ROOM,) and (INT_ROWS * ROOM,): all numbers of a tile's fragments, see `fragments`.
FloatRows: TypeAlias = NDArray[np.float32]
IntRows: TypeAlias = NDArray[np.int32]

# Three numbers of a kind: a vector, a colour.
Vector: TypeAlias = tuple[Single, Single, Single]
