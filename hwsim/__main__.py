"""``python -m hwsim``: the command line."""

import sys

from hwsim.cli.main import main

sys.exit(main())
