"""The learner's workspace: where answers are put, kept and counted."""
