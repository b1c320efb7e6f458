"""`python -m lit_toolcall`."""

from lit_toolcall.cli.main import main

if __name__ == "__main__":
    main()
