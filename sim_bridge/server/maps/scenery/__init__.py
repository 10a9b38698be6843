"""The still scene of a map: roads, junctions, land, and where houses, trees, lamps and signs stand."""
