"""What the router stands on: its door, its fallback, its gates, its server.

`llm_router` puts it together.
"""
