"""One HTML file: the data as text, the style and the script of page/, nothing else to load.

Enters: plain data and `Arrays`. Leaves: text of a page. The version of its format and that of hwsim stand in it, so
that a page which a later hwsim would write differently says so; ``hwsim view run.npz`` writes it again.
"""

import json
from html import escape
from importlib.resources import files
from typing import Any

from hwsim import __version__
from hwsim.report.view.codec import Arrays

FORMAT = 1
_SCRIPTS = ("codec.js", "model.js", "kit.js", "die.js", "logical.js", "waves.js", "law.js", "scope.js", "main.js")
"""Parts of the script, in order; together they are one function."""


def page_html(meta: dict[str, Any], arrays: Arrays) -> str:
    """The page. meta : title, lead, command, notes, machines, views, axes, curves, ... as page/main.js reads them"""
    style = source("look.css", "page.css")
    body = source("page.html")
    script = f'(function () {{\n"use strict";\n{source(*_SCRIPTS)}\n}})();'
    data = json.dumps({"format": FORMAT, "hwsim": __version__} | meta, allow_nan=False, separators=(",", ":"))
    elements = "\n".join(
        f'<script type="text/plain" id="a{k}">{text}</script>' for k, text in enumerate(arrays.elements)
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f'<meta name="generator" content="hwsim {escape(__version__)}, page format {FORMAT}">\n',
            f"<title>{escape(meta['title'])}</title>\n<style>\n{style}</style></head>\n<body>\n{body}",
            f'<script type="application/json" id="meta">{_inside(data)}</script>\n{elements}\n',
            f"<script>\n{script}\n</script>\n</body></html>\n",
        )
    )


def source(*names: str) -> str:
    """The text of files of page/, one after another."""
    folder = files("hwsim.report.view") / "page"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def _inside(data: str) -> str:
    """JSON that a script element can hold: no sign that would end it."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def frame_html(page: str, *, height: int = 900) -> str:
    """``page`` in a frame of a notebook: its script runs apart from the notebook and can neither read nor change it."""
    return (
        f'<iframe sandbox="allow-scripts allow-downloads" style="width:100%;height:{height}px;border:0" '
        f'title="hwsim view" srcdoc="{escape(page, quote=True)}"></iframe>'
    )
