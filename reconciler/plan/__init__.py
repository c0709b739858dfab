"""From what is desired and what is live to what would change: pairing, comparing, guarding, and the plan's digest."""
