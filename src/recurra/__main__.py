"""``python -m recurra`` where no script is installed."""

import sys

from recurra.cli.app import main

sys.exit(main())
