"""command: what the commands of ``hwsim`` do, as functions: each takes a problem and a chip and returns a result."""
