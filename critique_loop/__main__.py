"""``python -m critique_loop`` is the command line."""

from critique_loop.cli import main

if __name__ == "__main__":
    main()
