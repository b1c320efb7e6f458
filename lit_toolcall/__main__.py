"""`python -m lit_toolcall`."""

import sys

if sys.version_info < (3, 11):  # before the rest is imported, which older versions cannot read
    sys.exit(
        "error: lit_toolcall needs Python 3.11 or newer, and this is %d.%d: start it with a newer python"
        % sys.version_info[:2]
    )

from lit_toolcall.cli.main import main

if __name__ == "__main__":
    main()
