"""bench: how fast the engines are, beside the tools people use today."""
