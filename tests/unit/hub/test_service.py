"""What the service asks of its surroundings before it serves."""

import pytest

from hub.service import connections_needed


@pytest.mark.parametrize(
    ("workers", "connections", "needed"), [(1, 4, 31), (2, 4, 49), (8, 4, 157)]
)
def test_a_reload_needs_twice_the_connections_and_commands_need_some(workers, connections, needed):
    assert connections_needed(workers, connections) == needed
