"""What keeps the kit in order: tests, benchmarks, the catalogue."""
