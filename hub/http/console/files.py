"""The pages and what they load, as they lie in this package: read once, sent with strict headers.

A page is the shell with its own part put in; nothing a caller sends ever gets into one. There is
no inline script and no inline style, so the policy can forbid both.

Spec: CSP Level 3; Trusted Types; Fetch Metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from hub.http.exchange import Incoming, NotFoundError, Reply

HEADERS: Final = (
    (
        "content-security-policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    ),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
STATIC_PATH: Final = "/console/static/{name}"
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HTML: Final = "text/html; charset=utf-8"
_CACHE: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page is, the file of its own part, and its title in both languages."""

    path: str
    name: str
    zh: str
    en: str


PAGES: Final = (
    Page("/", "home", "社会救助数据枢纽", "Social assistance hub"),
    Page("/explorer", "explorer", "查询台", "Explorer"),
    Page("/worklist", "worklist", "预警工作清单", "Worklist"),
    Page("/access-log", "access-log", "查询留痕", "Access log"),
    Page("/entry", "entry", "日志条目", "One entry of the log"),
    Page("/timeline", "timeline", "个人留痕", "One person's accesses"),
    Page("/department", "department", "部门画像", "Profile of a department"),
    Page("/log-status", "log-status", "日志与见证", "Log and witnesses"),
    Page("/indicators", "indicators", "审计线索", "Findings"),
    Page("/replays", "replays", "重放", "Replays"),
    Page("/log-export", "log-export", "导出留痕", "Export of the log"),
    Page("/access", "access", "访问规则", "Rules of access"),
    Page("/agreements", "agreements", "共享协议", "Sharing agreements"),
    Page("/catalogue", "catalogue", "数据目录", "Catalogue"),
)


@dataclass(frozen=True, slots=True)
class Files:
    """Gives pages by their path and assets by their name."""

    pages: Mapping[str, Reply]
    assets: Mapping[str, Reply]

    async def page(self, incoming: Incoming) -> Reply:
        """Give the page at this path."""
        return self.pages[incoming.scope["path"]]

    async def asset(self, incoming: Incoming) -> Reply:
        """Give a style, a script or a picture.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.assets.get(incoming.path_text("name"))
        if found is None:
            raise NotFoundError("There is nothing at this path.")
        return found


def read_files() -> Files:
    """Return every page and asset of this package, read into memory."""
    folder = resources.files("hub.http.console") / "static"
    texts = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    shell = texts["shell.html"].decode()
    return Files(
        {page.path: _html(_page(shell, page, texts[f"{page.name}.html"])) for page in PAGES},
        {
            name: Reply(200, _MEDIA_TYPES[kind], content, HEADERS, _CACHE)
            for name, content in texts.items()
            if (kind := name.rpartition(".")[2]) in _MEDIA_TYPES
        },
    )


def _page(shell: str, page: Page, part: bytes) -> str:
    here = f'href="{page.path}"'
    return (
        shell.replace("{{zh}}", page.zh)
        .replace("{{en}}", page.en)
        .replace("{{script}}", f"/console/static/{page.name}.js")
        .replace(here, f'{here} aria-current="page"')
        .replace("{{main}}", part.decode())
    )


def _html(text: str) -> Reply:
    return Reply(200, _HTML, text.encode(), HEADERS, _CACHE)
