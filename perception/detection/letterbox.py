"""Fitting a picture of any size into a network's input without changing its proportions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.arrays import Array

# The grey that YOLO networks are trained with around the picture.
PAD_GREY = 114


@dataclass(frozen=True)
class Letterbox:
    """How a picture lies in a network's input: `input = picture * scale + offset`, in pixels.

    Attributes:
        scale: input pixels a picture pixel.
        size: (width, height) of the scaled picture.
        offset: (x, y) of its top left corner in the input.
        input_size: (width, height) of the input.
    """

    scale: float
    size: tuple[int, int]
    offset: tuple[int, int]
    input_size: tuple[int, int]

    @classmethod
    def fit(cls, width: int, height: int, input_width: int, input_height: int) -> Letterbox:
        """The largest centred placement of a width x height picture."""
        scale = min(input_width / width, input_height / height)
        size = (min(round(width * scale), input_width), min(round(height * scale), input_height))
        offset = ((input_width - size[0]) // 2, (input_height - size[1]) // 2)
        return cls(scale, size, offset, (input_width, input_height))

    def place(self, rgb: Array) -> Array:
        """(input height, input width, 3) uint8: the picture on grey."""
        shrinks = self.scale < 0.6  # linear sampling starts to skip pixels about here
        sampling = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        scaled: Array = cv2.resize(rgb, self.size, interpolation=sampling)
        if self.size == self.input_size:
            return scaled
        width, height = self.input_size
        canvas = np.full((height, width, 3), PAD_GREY, np.uint8)
        x, y = self.offset
        canvas[y : y + self.size[1], x : x + self.size[0]] = scaled
        return canvas

    def boxes_in_picture(self, boxes: Array, width: int, height: int) -> Array:
        """(n, 4) xyxy boxes of the input as boxes of the width x height picture, clipped to it."""
        x, y = self.offset
        scale = np.array([self.size[0] / width, self.size[1] / height] * 2)
        picture = (boxes - (x, y, x, y)) / scale
        clipped: Array = np.clip(picture, 0.0, (width, height, width, height))
        return clipped
