"""What can be spawned: the tables of blueprints and their attributes."""
