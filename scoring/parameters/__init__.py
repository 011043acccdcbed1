"""Dated parameters of the score: the law as data, in files beside this one.

Import from `scoring.parameters.document`, `.profile` and `.working_days`; this package
imports nothing, because the rules need the document and the profile needs the rules.
"""
