"""Studies: many points, each of many shards, on many processes; kept in a file that nothing can half write."""
