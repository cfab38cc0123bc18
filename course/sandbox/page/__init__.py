"""The sandbox's own page: what arrives, what is answered, faults to plan."""
