"""What helps to find one's way in the course, and to teach it."""
