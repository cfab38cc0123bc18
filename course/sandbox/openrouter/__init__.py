"""OpenRouter's protocol: chat completions, accounts, a directory."""
