"""Reading the state of traffic lights."""
