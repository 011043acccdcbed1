"""From departments' records to facts: `pipeline` is the front door."""
