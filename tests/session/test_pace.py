"""The length of a slice between two looks at Ctrl-C."""

from hwsim.session.pace import Pace


def settle(cost, first=1000, slices=40):
    pace = Pace(first)
    for _ in range(slices):
        pace.learn(pace.ticks, cost(pace.ticks))
    return pace.ticks


def test_a_slice_takes_a_fifth_of_a_second_of_work():
    assert 0.15 < settle(lambda ticks: 1e-6 * ticks) * 1e-6 < 0.25


def test_a_cost_that_no_shorter_slice_saves_does_not_shorten_it_for_ever():
    """With ten thousand schedules each slice costs an extra second: then half of the time is work."""
    assert 0.5 < settle(lambda ticks: 1.0 + 1e-6 * ticks) * 1e-6 < 2.0


def test_a_slower_machine_gets_shorter_slices():
    pace = Pace(1000)
    for _ in range(20):
        pace.learn(pace.ticks, 1e-6 * pace.ticks)
    for _ in range(20):
        pace.learn(pace.ticks, 1e-4 * pace.ticks)
    assert 0.1 < pace.ticks * 1e-4 < 0.4
