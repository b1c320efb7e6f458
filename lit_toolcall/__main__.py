"""`python -m lit_toolcall`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # before the rest is imported, which older versions cannot read
    have = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit(f"error: lit_toolcall needs Python 3.11 or newer, and this is {have}: start it with a newer python")

from lit_toolcall.cli.main import main

if __name__ == "__main__":
    main()
