"""Studies: many points, each of many shards, run on many processes. Rows enter one file, each whole or not at all."""
