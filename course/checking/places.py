"""Where everything lies in a room of contained grading."""

# The learner's package and its data, and the code of compiled modules.
HOME = "/submission"
CODE = "/code"

# The one folder that can be written, and in it the files that a test and the
# learner's code share. It is no `/tmp`: Python itself may lie in that.
SCRATCH = "/scratch"
SHARED = f"{SCRATCH}/shared"

# What the warm program sees, and no room.
KIT = "/kit"
STAGE = "/stage"


def code_of(place: str) -> str:
    """Return the folder of a copy's compiled modules, beside the copy's."""
    return f"{place}.code"
