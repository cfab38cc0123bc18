"""Side-by-side measurements; `python3 -m course bench` runs them."""
