"""A real server that is broken on purpose, and people who go on using it: the drills of `make drill`."""
