"""The tamper-evident log of every access; imports none of ours, so an auditor can run it alone."""
