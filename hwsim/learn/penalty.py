"""Penalty: a force against correlations, so that the chains of a trained machine go on mixing, and who sets it.

Enters: moments of the negative phase; the autocorrelation of chains, now and before. Leaves: moments with the force in
them; the next strength. As in Jelincic et al., arXiv:2510.23972 (2025), and in the published code of its replication.
"""

from dataclasses import dataclass

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.learn.exact import Moments

RULES = ("code", "paper")


def penalised(machine: Moments, first: np.ndarray, second: np.ndarray, strength: float) -> Moments:
    """The moments of the ``machine`` that a step shall go by: each <s_i s_j> is taken for ``strength`` times further
    from <s_i><s_j> than it is, so that the step weakens the coupling that makes it so.

    first, second : int64 (k,), the ends of the couplings. With dJ = -rate (<ss>_data - <ss>_machine) this adds
    rate strength (<s_i s_j> - <s_i><s_j>) to J: two p-bits that agree (J < 0) are driven apart. Couplings only; biases
    see nothing of it. The means are over all inputs, as in the published code, not for each input.
    """
    excess = machine.second - machine.first[first] * machine.first[second]
    return Moments(machine.first, machine.second + strength * excess)


@dataclass(frozen=True, kw_only=True)
class Controller(Shown):
    """Sets the strength of the penalty of a machine from the autocorrelation of its chains, once an epoch. Raises
    InputError.

    rule : "code", that of the published code; "paper", that of the paper's text, as read by third parties
    threshold : of the autocorrelation;  least : strengths below it count as none
    """

    rule: str = "code"
    threshold: float = 0.016
    least: float = 0.001

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"the controller's rule must be one of {', '.join(RULES)}, got {self.rule!r}")
        if not 0 < self.threshold < 1 or not self.least > 0:
            raise InputError(
                f"a controller needs a threshold between 0 and 1 and a least strength > 0, got {self.threshold} and "
                f"{self.least}"
            )

    @classmethod
    def of(cls, rule: str) -> "Controller":
        """The rule ``rule`` with the constants that were published with it. Raises InputError."""
        return cls(rule=rule, threshold=0.03, least=1e-4) if rule == "paper" else cls(rule=rule)

    def after(self, strength: float, now: float, before: float | None) -> float:
        """The strength that follows ``strength`` where the autocorrelation is ``now`` and was ``before`` (None: it was
        not measured).

        code : lifted to ``least``; below the threshold t times 0.6 + 0.2 now / t; else, where it rises, times 1.2, or
        1.5 from 1.8 t on; where it falls, times 0.95. Strengths below ``least`` become 0.
        paper : lifted to ``least``; below the threshold times 0.8; else times 1.2 where it rises, held where it falls
        """
        strength = max(strength, self.least)
        rises = before is None or now > before
        if now < self.threshold:
            strength *= 0.8 if self.rule == "paper" else 0.6 + 0.2 * now / self.threshold
        elif rises:
            strength *= 1.5 if self.rule == "code" and now >= 1.8 * self.threshold else 1.2
        elif self.rule == "code":
            strength *= 0.95
        return 0.0 if strength < self.least else strength
