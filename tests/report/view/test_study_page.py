"""The page of a study in a browser: tables that show that they scroll, in the colours of the page of a machine."""

import pytest

import hwsim
from hwsim.report.provenance import provenance
from hwsim.report.study_page import study_page

ROW = {
    "family": "tile2d:L=12,c2=1",
    "delay_s": 0.0,
    "kappa": 0.3,
    "kappa_ci": (0.2, 0.4),
    "from_s": 1e-7,
    "to_s": 1e-5,
    "lengths": 7,
    "instances": 4,
}
_CONTRAST = """
const curve = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(v => curve(v / 255))
  .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const behind = one => {
  const colour = getComputedStyle(one).backgroundColor;
  return colour === "rgba(0, 0, 0, 0)" && one.parentElement ? behind(one.parentElement) : colour;
};
const words = [...document.querySelectorAll("h1, h2, p, th, td, button, label, small, output, .stale")];
return words.filter(one => one.offsetParent).map(one => {
  const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((p, q) => q - p);
  return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 80)];
});
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with one wide table."""
    rows = [ROW | {"series": f"clock={clock}"} for clock in ("chromatic", "poisson")]
    path = tmp_path_factory.mktemp("study") / "page.html"
    path.write_text(study_page("Clocks", [], [], rows, [], [], provenance()), encoding="utf-8")
    return path


def test_a_wide_table_says_that_it_scrolls_and_the_page_does_not(browser, page):
    seen = {}
    for width in (1280, 400):
        browser.resize(width, 900)
        browser.open(page, ready=None)
        seen[width] = "scroll the table sideways" in browser.words("body")
        assert browser.script("return document.documentElement.scrollWidth <= window.innerWidth")
        assert browser.log() == []
    browser.script("document.querySelector('.scroll').focus()")
    browser.press("right")
    browser.wait("document.querySelector('.scroll').scrollLeft > 0", seconds=5)
    browser.devtools("Emulation.clearDeviceMetricsOverride", {})
    assert seen == {1280: False, 400: True}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(browser, page, tmp_path, theme):
    machine = tmp_path / "machine.html"
    hwsim.view("ring:n=8", delay="1 ns", events=800, threads=1, progress=False).save(machine)
    browser.prefer(theme)
    backs = set()
    for path, given in ((page, {"ready": None}), (machine, {})):
        browser.open(path, **given)
        found = browser.script(_CONTRAST)
        assert len(found) > 15
        assert [words for ratio, words in found if ratio < 4.5] == []  # WCAG 2.1, level AA
        backs.add(browser.script("return getComputedStyle(document.body).backgroundColor"))
    browser.prefer("light")
    assert backs == {{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[theme]}
