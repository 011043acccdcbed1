"""Dated parameters of the score: the law as data, in files beside this one.

Import from `scoring.parameters.document` and `.working_days`; this package
imports nothing. The rules need the document, and `scoring.profile` needs the rules.
"""
