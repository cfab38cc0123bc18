"""The learner's notebook at work, in the kernel."""
