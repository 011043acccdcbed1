"""What every test may lean on: asyncio as the only event loop."""

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
