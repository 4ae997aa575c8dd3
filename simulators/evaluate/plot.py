"""Delay against false alarms, one point a rule, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from simulators.evaluate.score import Score


def draw(scores: Sequence[Score], path: Path) -> None:
    """`path` is a picture of `scores`; its ending says of which kind.

    Raises:
        ValueError: the ending names no kind of picture.
    """
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for each in scores:
        rate, median_h, p90_h = each.fa_per_home_month, each.delay_median_h, each.delay_p90_h
        if median_h is not None and p90_h is not None:
            axes.plot([rate, rate], [median_h, p90_h], marker="o")
            axes.annotate(each.rule, (rate, median_h), xytext=(5, 5), textcoords="offset points")
    axes.set_xlabel("false alarms per home-month")
    axes.set_ylabel("delay in hours: median and 90 of 100")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    figure.savefig(path)
