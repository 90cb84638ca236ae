"""The pictures of examples/view.md, and the times of their page: python tests/report/view/pictures.py

Each command is run, its page opened in a browser at two widths, and the PNG file says which command made it.
"""

import contextlib
import json
import shlex
import shutil
import statistics
import struct
import tempfile
import zlib
from pathlib import Path

from conftest import Browser  # beside this file

from hwsim.cli.main import main

EXAMPLES = Path(__file__).parents[3] / "examples"
PICTURES = {
    "hwsim view karate --vary delay=0:2tau:24 -o karate.html": {
        "karate.png": (1280, "#delay=1.04348%20tau&t=100000000"),
        "karate_400.png": (400, "#delay=1.04348%20tau&t=100000000"),
    },
    "hwsim view karate --compare poisson,synchronous -o clocks.html": {"clocks.png": (1280, "#t=100000000")},
}


def described(png, command):
    """``png`` with the text that hwsim's own pictures carry."""
    text = b"Description\0" + json.dumps({"command": command}).encode("latin-1")
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    after_head = 8 + 25
    return png[:after_head] + chunk + png[after_head:]


def times(browser, page):
    """What a person waits for, in words."""
    paint = browser.script("return performance.getEntriesByType('paint').map(e => e.startTime)")
    panels = browser.script("return window.hwsim.app.shownAt")
    browser.script("window.hwsim.app.frames.length = 0; window.began = performance.now(); window.hwsim.app.play(true)")
    browser.wait("performance.now() - window.began > 3000")
    frames = browser.script("window.hwsim.app.play(false); return window.hwsim.app.frames")
    return (
        f"{page.name}: {page.stat().st_size / 1e6:.2f} MB, first paint after {max(paint):.0f} ms, "
        f"panels after {panels:.0f} ms, "
        f"{len(frames) / 3:.0f} frames a second, {statistics.median(frames):.1f} ms of work each"
    )


def draw(browser, folder):
    """Make every page and its pictures."""
    for command, pictures in PICTURES.items():
        words = shlex.split(command)[1:]
        assert main(words) == 0
        page = folder / words[words.index("-o") + 1]
        for name, (width, fragment) in pictures.items():
            browser.resize(width, 1000)
            browser.open(page, fragment=fragment)
            browser.picture(folder / name)
            (EXAMPLES / name).write_bytes(described((folder / name).read_bytes(), command))
        print(times(browser, page))


if __name__ == "__main__":
    made = Browser(shutil.which("chromedriver"), shutil.which("chromium"))
    try:
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            draw(made, Path(scratch))
    finally:
        made.close()
