"""Requesty's protocol: chat completions behind a router."""
