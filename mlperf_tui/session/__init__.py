"""The session directory: the only room that knows the names of its files and how their lines are written and read."""
