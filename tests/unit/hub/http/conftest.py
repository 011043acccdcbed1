import pytest

from tests.support.edge import new_edge


@pytest.fixture
def edge(tmp_path):
    return new_edge(tmp_path)
