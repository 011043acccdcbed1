import pytest

from audit.tiles import tile_path
from hub.http.exchange import NotFoundError
from hub.http.log_tiles import Place, parsed_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0/000", Place(0, 0, 256)),
        ("1/x001/234", Place(1, 1234, 256)),
        ("entries/x123/x456/789.p/7", Place(-1, 123_456_789, 7)),
        ("63/000.p/255", Place(63, 0, 255)),
    ],
)
def test_a_path_names_a_tile_as_the_log_names_it(text, place):
    assert parsed_place(text) == place
    level = "entries" if place.level < 0 else place.level
    assert f"tile/{text}" == tile_path(level, place.n, place.width)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0/0",
        "00/000",
        "64/000",
        "-1/000",
        "data/000",
        "0/x000/001",
        "0/001/002",
        "0/x1/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/300",
        "0/000.p/01",
        "0/000/",
        "0/000.p/",
        "0/../000",
        "0/٠٠٠",
    ],
)
def test_any_other_path_is_not_found(text):
    with pytest.raises(NotFoundError):
        parsed_place(text)


@pytest.mark.parametrize(
    ("place", "size", "expected"),
    [
        (Place(0, 0, 256), 256, True),
        (Place(0, 0, 256), 255, False),
        (Place(0, 0, 255), 255, True),
        (Place(0, 1, 1), 256, False),
        (Place(-1, 1, 1), 257, True),
        (Place(1, 0, 1), 256, True),
        (Place(1, 0, 2), 511, False),
        (Place(63, 0, 1), 10**18, False),
    ],
)
def test_a_tile_is_served_when_the_log_reaches_so_far(place, size, expected):
    assert place.fits(size) is expected


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/tile/0/000"])
def test_the_log_is_shown_to_callers_with_a_token_only(edge, path):
    assert edge.http.get(path).status_code == 401
    assert edge.http.get(path, headers=edge.bearer()).status_code == 503  # no database here
