"""The training programs: their parts, whole runs, and what they refuse."""
