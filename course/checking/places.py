"""Where everything lies in a room of contained grading."""

# The learner's package and its data, and the code of compiled modules.
HOME = "/submission"
CODE = "/code"

# Files that a test and the learner's code share.
SHARED = "/tmp/shared"  # noqa: S108

# What the warm program sees, and no room.
KIT = "/kit"
STAGE = "/stage"
