"""A learners' copy of the course: everything but the answers."""
