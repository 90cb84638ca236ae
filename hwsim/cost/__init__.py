"""Cost: what a chip charges, and the one account of seconds and joules that every time to solution passes through."""
