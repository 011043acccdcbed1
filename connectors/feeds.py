"""Several change feeds of one server: one a dataset, below one address and under one token."""

from collections.abc import Mapping, Sequence

from connectors.department import secret, setting
from connectors.rest import RestFeed
from connectors.several import Several
from connectors.shape import Shape


def feeds_of(department: str, shapes: Sequence[Shape], config: Mapping[str, str]) -> Several:
    """Return the connector to `<url>/<dataset>/changes` of each shape, in their order.

    Raises:
        ConnectorConfigError: `url` or `token_file` is missing, or the token cannot be read.
    """
    url = setting(department, config, "url").rstrip("/")
    token = secret(department, config, "token_file")
    return Several(
        department,
        {s.dataset: RestFeed(s, f"{url}/{s.dataset}/changes", token) for s in shapes},
    )
