"""Where people may walk on a map, as the navigation mesh that CARLA's clients ask for."""
