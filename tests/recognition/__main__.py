"""Prints what COCO detectors find in our towns.

python -m tests.recognition --pictures 500 --size 640x360

"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from tests.recognition.networks import float_network, int8_network, own_network
from tests.recognition.recall import SURE, outcomes, table
from tests.recognition.street_views import CAST, Lens, town


def networks(names, width):
    """Networks by name; the float one takes pictures at their own width."""
    makers = {
        "float": lambda: float_network(640),
        "float-wide": lambda: float_network(width),
        "26n-int8": lambda: int8_network("yolo26n_int8.onnx"),
        "v8n-int8": lambda: int8_network("yolov8n_int8_640.onnx"),
        "11n-int8": lambda: int8_network("yolo11n_int8_320.onnx"),
        "own": own_network,
    }
    return {name: makers[name]() for name in names}


def drawn(view, results, rgb):
    """The picture with the boxes of what was found in green and of what was not in red."""
    picture = np.ascontiguousarray(rgb[..., ::-1])
    for result in results:
        x0, y0, x1, y1 = result.target.boxes_px[0].astype(int).tolist()
        colour = (0, 200, 0) if result.score >= SURE else (0, 0, 255)
        cv2.rectangle(picture, (x0 - 2, y0 - 2), (x1 + 1, y1 + 1), colour, 1)
        label = f"{result.target.model.rsplit('.', 1)[-1]} {result.target.distance_m:.0f}m {result.score:.2f}"
        cv2.putText(picture, label, (x0, y0 - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.35, colour, 1, cv2.LINE_AA)
    return picture


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--town", default="Nanshan01")
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fov", type=float, default=90.0)
    parser.add_argument("--networks", default="float,26n-int8,v8n-int8,own")
    parser.add_argument("--save", type=Path, help="folder for the pictures, marked by the first network")
    parser.add_argument("--cast", help="only these, e.g. car,car,bus")
    chosen = parser.parse_args()
    cast = CAST if chosen.cast is None else [(group,) for group in chosen.cast.split(",")]
    width, height = map(int, chosen.size.split("x"))
    detectors = networks(chosen.networks.split(","), width)
    results = {name: [] for name in detectors}
    stage = town(chosen.town)
    for number in range(chosen.pictures):
        view = stage.view(number, chosen.seed, Lens(width, height, chosen.fov), cast)
        for index, (name, detect) in enumerate(detectors.items()):
            said = outcomes(view, detect(view.rgb))
            results[name] += said
            if chosen.save and not index:
                chosen.save.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(chosen.save / f"{number:04d}.png"), drawn(view, said, view.rgb))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
