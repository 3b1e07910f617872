"""Rows: what was measured against which goal, as a table for people and as JSON for programs."""

import json
import statistics
from dataclasses import dataclass, field
from typing import Optional

SECONDS, BYTES = "s", "B"


@dataclass
class Goal:
    """`faster`: other / swarm is at least `limit`. `within`: swarm / other is at most `limit`. `most`: swarm's value is
    at most `limit`, in the row's unit. `none`: told for information."""

    kind: str
    limit: float = 0

    def text(self, unit):
        """The goal as the table says it."""
        if self.kind == "faster":
            return f"other / swarm >= {self.limit:g}"
        if self.kind == "within":
            return f"swarm / other <= {self.limit:g}"
        return f"<= {quantity(self.limit, unit)}" if self.kind == "most" else "-"


INFORMATION = Goal("none")


@dataclass
class Row:
    """One measure. `swarm` and `other` are samples in `unit`; `note` says what was timed, `other_name` what beside it;
    a measure that is indented belongs to the row above."""

    measure: str
    swarm: list
    goal: Goal
    note: str
    other: list = field(default_factory=list)
    other_name: str = ""
    unit: str = SECONDS

    @property
    def value(self):
        """swarm's median."""
        return statistics.median(self.swarm)

    @property
    def other_value(self) -> Optional[float]:
        """The other's median, where there is another."""
        return statistics.median(self.other) if self.other else None

    @property
    def ratio(self) -> Optional[float]:
        """Of the medians: the ratio that the goal speaks of; without a goal the other's over swarm's."""
        if not self.other or not self.value or not self.other_value:
            return None
        return self.value / self.other_value if self.goal.kind == "within" else self.other_value / self.value

    @property
    def met(self) -> Optional[bool]:
        """None where there is no goal."""
        if self.goal.kind == "most":
            return self.value <= self.goal.limit
        if self.goal.kind == "none" or self.ratio is None:
            return None
        return self.ratio >= self.goal.limit if self.goal.kind == "faster" else self.ratio <= self.goal.limit

    def json(self):
        """The row as JSON holds it."""
        def side(samples):
            return {"median": statistics.median(samples), "samples": samples} if samples else None

        return {
            "measure": self.measure, "what": self.note, "unit": self.unit, "swarm": side(self.swarm),
            "other": side(self.other), "other_name": self.other_name or None, "ratio": self.ratio,
            "goal": {"kind": self.goal.kind, "limit": self.goal.limit or None, "text": self.goal.text(self.unit)},
            "met": self.met,
        }


def quantity(value, unit):
    """A number with its unit, three digits of it."""
    if value is None:
        return "-"
    if unit == BYTES:
        steps = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))
    else:
        steps = (("s", 1), ("ms", 1e-3), ("us", 1e-6))
    name, size = next((step for step in steps if abs(value) >= step[1]), steps[-1])
    number = value / size
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {name}"


def table(rows):
    """The rows in columns, then what each one timed."""
    lines = [("measure", "swarm", "the other", "ratio", "goal", "")]
    for row in rows:
        other = f"{quantity(row.other_value, row.unit)} {row.other_name}" if row.other else "-"
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append((row.measure, quantity(row.value, row.unit), other, ratio, row.goal.text(row.unit), verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    right = (1, 3)
    text = []
    for line in lines:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        text.append("  ".join(cells).rstrip())
    text.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"  {row.measure.ljust(widths[0])}  {row.note}" for row in rows if row.note]
    return "\n".join(text + ["", "what was timed:"] + notes)


def write_json(path, facts, rows):
    """Writes everything: facts about machine and programs, and all samples."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**facts, "rows": [row.json() for row in rows]}, file, indent=2)
        file.write("\n")
