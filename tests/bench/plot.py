# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plot of a few measured points as a small SVG; both axes begin at 0."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, EDGE = 480, 260, 46


def lines(title: str, points: Sequence[tuple[float, float]]) -> str:
    """Return an SVG with the points, joined by lines, and their values."""
    right = max(x for x, _y in points) or 1
    top = 1.15 * max(y for _x, y in points) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        across = EDGE + x / right * (WIDTH - 2 * EDGE)
        return round(across, 1), round(HEIGHT - EDGE - y / top * (HEIGHT - 2 * EDGE), 1)

    path = " ".join(f"{x},{y}" for x, y in (place(*point) for point in points))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title>",
        "<style>text{font:12px sans-serif;fill:#555}path,polyline{fill:none;stroke:#888}</style>",
        f'<text x="{EDGE}" y="24">{title}</text>',
        f'<path d="M{EDGE},{EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}"/>',
        f'<polyline points="{path}" style="stroke:#1668b4;stroke-width:2"/>',
    ]
    for x, y in points:
        across, down = place(x, y)
        parts += [
            f'<circle cx="{across}" cy="{down}" r="3" fill="#1668b4"/>',
            f'<text x="{across}" y="{down - 8}" text-anchor="middle">{y:.3g}</text>',
            f'<text x="{across}" y="{HEIGHT - EDGE + 18}" text-anchor="middle">{x:g}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
