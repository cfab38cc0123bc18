"""The contract of all agents: its table, and a package's scorecard."""
