"""A digital Program as Verilog, and the proof that it is the same machine.

Enters: a Program, an anneal and a seed. Leaves: a folder of Verilog with a testbench, and what a simulator
says of it.
"""

from hwsim.rtl.check import Checked, check, states
from hwsim.rtl.machine import Machine, machine
from hwsim.rtl.write import Written, write

__all__ = ["Checked", "Machine", "Written", "check", "machine", "states", "write"]
