"""``python3 -m llm_providers serve``: the router, from a terminal."""

import sys

from llm_providers.router.serving import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
