"""Real providers in the course: what they cost, and what stops them."""
