"""What a stranger does with a page: words are read and labelled controls are used, as a person or a screen reader finds
them; nothing here looks into the script."""

import base64
import re

import numpy as np
import pytest

import hwsim
from hwsim.units import to_ticks


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """(the View, its page): 16 p-bits at seven delays, some of which are too long."""
    view = hwsim.view(
        "ea2d:L=4,seed=1", vary={"delay": "0:0.9tau:7"}, reads=256, events=1500, seed=3, threads=1, progress=False
    )
    path = tmp_path_factory.mktemp("stranger") / "page.html"
    view.save(path)
    return view, path


def test_a_stranger_finds_the_delay_at_which_the_machine_fails(browser, found):
    view, path = found
    browser.open(path)
    slider = browser.labelled("delay")
    settings = 7
    for _ in range(settings):
        words = browser.words("section[aria-label='Microscope']")
        if "here the machine fails" in words:
            break
        assert "here the machine holds" in words
        said = browser.words("output[for='axis0']")
        browser.type(slider, "right")
        browser.wait(f"document.querySelector(\"output[for='axis0']\").innerText !== '{said}'")
    else:
        raise AssertionError("no delay is said to be too long")
    shown = float(re.match(r"[\d.]+", browser.words("output[for='axis0']"))[0])
    (rule,) = view.show.swept.rules
    delays = np.linspace(0, 0.9, settings)
    assert shown == pytest.approx(delays[delays > rule.value].min(), abs=1e-4)
    said = re.search(r"Design rule: the machine holds up to delay ([\d.]+) tau", words)
    assert float(said[1]) == pytest.approx(rule.value, rel=0.01)


def test_a_stranger_finds_a_stale_read(browser, found):
    view, path = found
    browser.open(path)
    slider = browser.labelled("delay")
    browser.type(slider, "end")
    browser.wait("document.querySelector(\"output[for='axis0']\").innerText === '0.9 tau'")
    assert "clock poisson, tau 5 ns, delay 4.5 ns" in browser.words("section[aria-label='Die']")
    browser.choose("Pause at", "next stale read")
    browser.click(browser.labelled("Next event"))
    browser.wait("document.querySelector('[role=status]').innerText")
    words = browser.words("[role=status]")
    reader, sender = re.search(r"p-bit (\d+) updated.*neighbour (\d+),", words).groups()
    tau = view.scenes[-1].program.clock.round_ticks
    at = float(re.search(r"\(([\d.]+) tau\)", words)[1]) * tau
    ago = re.search(r"made ([\d.]+ \w+) before", words)[1]
    time, pbit, value = view.scenes[-1].trace
    event = np.flatnonzero((pbit == int(reader)) & (np.abs(time - at) < 1e-3 * tau))
    assert len(event) == 1
    before = np.flatnonzero((pbit == int(sender)) & (time < time[event[0]]))
    sent = time[before[np.flatnonzero(np.diff(value[before]))[-1] + 1]]
    assert time[event[0]] - sent == pytest.approx(to_ticks(hwsim.units.seconds(ago)), rel=1e-3)
    assert sent + view.scenes[-1].program.wires.delay.min() > time[event[0]]


def test_every_control_has_words(browser, found):
    browser.open(found[1])
    names = browser.names("button, select, input, canvas, [tabindex]")
    assert len(names) > 30
    assert not [name for name in names if not name.strip()]


def test_what_the_page_means_is_a_click_away(browser, found):
    browser.open(found[1])
    browser.click(browser.labelled("What is this?"))
    words = browser.words("section[aria-label='What everything means']")
    for word in ("stale read", "tau", "design rule", "beta", "space"):
        assert word in words


@pytest.mark.parametrize(("width", "fragment"), [(1280, ""), (1280, "#beside=2&theme=dark"), (400, "")])
def test_a_page_prints_on_one_sheet_and_comes_back(browser, found, width, fragment):
    browser.open(found[1], fragment=fragment)
    browser.resize(width, 900)
    before = browser.script("return [document.body.offsetHeight, document.documentElement.dataset.theme]")
    for paper in ({"width": 21.0, "height": 29.7}, {"width": 21.6, "height": 27.9}):
        sheets = re.findall(rb"/Type\s*/Page\b", base64.b64decode(browser.printed(paper)))
        assert len(sheets) == 1
    after = browser.script("return [document.body.offsetHeight, document.documentElement.dataset.theme]")
    browser.devtools("Emulation.clearDeviceMetricsOverride", {})
    assert after == before
