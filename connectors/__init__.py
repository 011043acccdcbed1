"""From a department's record to ours, and from our decision to a receiver; imports schema only."""
