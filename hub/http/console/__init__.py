"""Pages that a person can open: overview, explorer, worklist, access log, catalogue.

The pages hold no personal data and no token. Whatever they show of anybody they ask through POST
/graphql, like any other caller, so that it is granted, and on record, or not shown. No page loads
anything from elsewhere; the headers forbid it.
"""
