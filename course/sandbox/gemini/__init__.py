"""Gemini's protocol: contents, streams in two forms, models, errors."""
