"""`python -m audit`: the command `hub-audit`, where only this package is at hand."""

from audit.cli import script

if __name__ == "__main__":
    script()
