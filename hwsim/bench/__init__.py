"""bench: the speed of the engines, beside the tools that people use today."""
