"""`python -m reconciler` is `guestlist`."""

from reconciler.cli import main

if __name__ == "__main__":
    main()
