"""``python -m tektonlint``."""

from tektonlint.cli import entry

if __name__ == "__main__":
    entry()
