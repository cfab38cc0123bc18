"""Everything that teaches; the package itself never imports it."""
