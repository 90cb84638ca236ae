"""``python -m hwsim``: the command line."""

import sys

from hwsim.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
