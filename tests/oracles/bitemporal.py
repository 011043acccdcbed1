"""The slow truth about timelines: one entry a day."""

from datetime import date, timedelta


def by_day(timeline, first: date, days: int):
    """Return what holds on each of `days` days from `first` on; None where nothing does."""
    told = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        holding = [s.value for s in timeline if s.valid_from <= day < s.valid_to]
        assert len(holding) <= 1, "two spans hold on one day"
        told.append(holding[0] if holding else None)
    return told


def said(told, first: date, start: date, end: date, value):
    """Return `told` after `value` was said of the days from `start` until `end`."""
    return [
        value if start <= first + timedelta(days=offset) < end else before
        for offset, before in enumerate(told)
    ]
