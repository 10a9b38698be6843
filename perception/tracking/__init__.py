"""Following things over frames and measuring them on the ground."""
