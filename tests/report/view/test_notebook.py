"""The page in a notebook: a frame that holds as much as fits, and that works apart from the notebook."""

import numpy as np
import pytest

import hwsim
from hwsim.command.view import NOTEBOOK_BYTES

HOW = {"delay": "0.2tau", "reads": 2, "schedules": 2, "threads": 1, "progress": False}


@pytest.mark.parametrize("kind", ["updates", "frames"])
def test_a_large_page_is_thinned_and_plays_apart_from_the_notebook(browser, tmp_path, monkeypatch, kind):
    if kind == "frames":
        monkeypatch.setattr("hwsim.command.viewed.MOST_EVENTS", 1000)
    view = hwsim.view("ea2d:L=24", events=60_000, **HOW)
    whole = view.frame(10**9)
    most = len(whole) - (100_000 if kind == "updates" else 1500)
    html = view.frame(most)
    assert len(html.encode()) <= most < len(whole)
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>notebook</title><body>{html}</body>", encoding="utf-8")
    browser.open(path, ready=None)
    browser.enter("iframe")
    browser.wait("document.documentElement.dataset.ready === 'all'")
    assert "so that a notebook can hold it" in browser.words("footer")
    shown = browser.script("return Array.from(window.hwsim.app.view(0).instant)")
    made = np.unique(view.scenes[0].trace[0] if kind == "updates" else view.scenes[0].frames[0])
    if kind == "updates":
        assert np.array_equal(shown, made[: len(shown)])
    assert set(shown) < set(made.tolist()) and len(shown) > 0.3 * len(made)
    before = browser.words("#clock")
    browser.click(browser.labelled("Step forward"))
    browser.wait(f"document.querySelector('#clock').innerText !== {before!r}")
    assert browser.script("try { return parent.document.title } catch (error) { return error.name }") == "SecurityError"
    browser.enter(None)
    assert browser.log() == []


def test_a_page_that_no_thinning_makes_small_enough_is_for_a_file():
    view = hwsim.view("ring:n=6", events=200, **HOW)
    assert view._repr_html_() == view.frame(NOTEBOOK_BYTES)
    assert "<iframe" in view.frame(NOTEBOOK_BYTES)
    assert "too large for a notebook; save(path) writes the page" in view.frame(1000)
