"""Where everything lies in a room of contained grading."""

# The learner's package and its data, and the code of compiled modules.
HOME = "/submission"
CODE = "/code"

# What the warm program sees, and no room.
KIT = "/kit"
STAGE = "/stage"
