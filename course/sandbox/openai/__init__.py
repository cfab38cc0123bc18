"""OpenAI's protocol: chat completions, streams, models, errors."""
