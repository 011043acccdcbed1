"""Notification and commitment, from the notice to the determination: one command a step."""
