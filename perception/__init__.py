"""Frame to objects, lanes, lights and ego pose. Imports `data` only."""
