"""Writes what each made-up department holds, with the faults of real life planted in it."""
