"""Cost: the prices of a chip, and the one account of seconds and joules behind every time to solution."""
