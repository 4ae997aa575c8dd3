"""What the kernel's answer means for its clock, and what a steady clock counts."""

from pathlib import Path
from typing import Any

import pytest

from edge.clock import SystemClock
from edge.machine import LinuxMachine, SteadyClock

OK, INSERT_LEAP, ERROR = 0, 1, 5
UNSYNC, PLL = 0x40, 0x01


@pytest.mark.parametrize(
    ("answer", "status", "error_ns"),
    [
        (OK, PLL, 12_000),
        (INSERT_LEAP, PLL, 12_000),
        (ERROR, PLL | UNSYNC, None),
        (ERROR, PLL, None),
        (OK, UNSYNC, None),
        (-1, 0, None),
    ],
)
def test_a_kernel_vouches_only_while_a_time_service_keeps_its_clock(
    answer: int, status: int, error_ns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def adjtimex(state: Any) -> int:
        assert state._obj.modes == 0, "it is only read"
        state._obj.status, state._obj.maxerror = status, 12
        return answer

    machine = LinuxMachine(SystemClock())
    monkeypatch.setattr(machine, "_adjtimex", adjtimex)
    assert machine.error_ns() == error_ns


def test_a_system_without_adjtimex_vouches_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = LinuxMachine(SystemClock())
    monkeypatch.setattr(machine, "_adjtimex", None)
    assert machine.error_ns() is None


def test_this_machine_answers_and_its_count_is_its_uptime() -> None:
    machine = LinuxMachine(SystemClock())
    error_ns = machine.error_ns()
    assert error_ns is None or error_ns >= 0
    assert machine.boot == LinuxMachine(SystemClock()).boot
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    assert SteadyClock(machine).now_ns() / 1e9 == pytest.approx(uptime_s, abs=5)
