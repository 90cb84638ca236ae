"""A running machine, above the engines: advance it, read and write its states, watch it, count its activity."""

from hwsim.session.activity import Activity, added, mean_activity, turns
from hwsim.session.file import load_run, save_run
from hwsim.session.pilot import Pilot, pilot
from hwsim.session.run import Run, run
from hwsim.session.session import Frame, Session
from hwsim.session.settings import ReadKeywords, RunKeywords, RunSettings

__all__ = [
    "Activity",
    "Frame",
    "Pilot",
    "ReadKeywords",
    "Run",
    "RunKeywords",
    "RunSettings",
    "Session",
    "added",
    "load_run",
    "mean_activity",
    "pilot",
    "run",
    "save_run",
    "turns",
]
