"""An embedded server that speaks CARLA 0.9.16's wire protocol. Imports nothing else of this project."""
