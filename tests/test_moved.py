"""Old import paths and names work for one release; a warning gives the new one."""

from importlib import import_module

import pytest

import hwsim
from hwsim.moved import MOVED, RENAMED


@pytest.mark.parametrize("path", MOVED)
def test_an_old_path_gives_what_is_at_the_new_one_with_a_warning(path):
    module = import_module(path)
    for new in map(import_module, MOVED[path]):
        own = [name for name, value in vars(new).items() if getattr(value, "__module__", None) == new.__name__]
        for name in (name for name in own if not name.startswith("_")):
            with pytest.warns(DeprecationWarning, match=f"{path}.{name} is now {new.__name__}.{name}"):
                assert getattr(module, name) is getattr(new, name)


def test_a_name_that_changed_is_found_under_its_old_one():
    for (path, name), (new, renamed) in RENAMED.items():
        with pytest.warns(DeprecationWarning, match=f"{path}.{name} is now {new}.{renamed}"):
            assert getattr(import_module(path), name) is getattr(import_module(new), renamed)


def test_the_schedule_of_each_read_answers_to_its_old_name():
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all"))
    how = {"reads": 8, "schedules": 2, "threads": 1}
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 2.0, "50 ns"), **how)
    outcome = hwsim.parallel_tempering(program, sweeps=2, betas=[0.5, 1.0], **how)
    estimate = hwsim.annealed_importance(program, 0.5, betas=[0.0, 0.25, 0.5], **how)
    for result in (run, outcome, estimate):
        name = type(result).__name__
        with pytest.warns(DeprecationWarning, match=f"{name}.group is now {name}.schedule"):
            assert result.group is result.schedule


def test_what_was_never_there_is_not_found():
    with pytest.raises(ImportError):
        from hwsim.analysis.bill import nothing  # noqa: F401
    with pytest.raises(ModuleNotFoundError):
        import_module("hwsim.analysis.nothing")


def test_names_that_left_a_module_that_is_still_there():
    from hwsim.cell import codes, law
    from hwsim.mapping import chains, embed

    for module, home, name in ((law, codes, "IDEAL"), (embed, chains, "sufficient_chain_strength")):
        with pytest.warns(DeprecationWarning, match=f"{module.__name__}.{name} is now {home.__name__}.{name}"):
            assert getattr(module, name) is getattr(home, name)
        with pytest.raises(AttributeError):
            _ = module.nothing
