"""Charts as SVG."""

from collections.abc import Mapping, Sequence
from html import escape

from vitrine.recommending.evaluation.measures import Estimate

_WIDTH = 640
_COLOURS = ("#1f6f8b", "#c1440e", "#5b8c2a", "#6a4c93")
_OURS, _OTHERS = _COLOURS[0], "#9aa5ab"
# Of a line chart: from the left and from below, and what stays free at the right and on top.
_LEFT, _BOTTOM, _RIGHT, _TOP, _HEIGHT = 50, 50, 20, 40, 320
# Of bars: where they begin, and how far one is from the next.
_NAMES, _STEP = 220, 28


def line_chart(title: str, across: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """(x, y) of each line, both from 0 to the largest."""
    right = max(x for points in lines.values() for x, _ in points)
    top = max(y for points in lines.values() for _, y in points) * 1.1

    def at_x(x: float) -> float:
        return _LEFT + x / right * (_WIDTH - _LEFT - _RIGHT)

    def at_y(y: float) -> float:
        return _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _BOTTOM - _TOP)

    parts = [f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>']
    for step in range(6):
        x, y = right * step / 5, top * step / 5
        parts += [
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at_y(y):.1f}" y2="{at_y(y):.1f}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 6}" y="{at_y(y):.1f}" text-anchor="end" dominant-baseline="middle">{y:.2f}</text>',
            f'<text x="{at_x(x):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{x:g}</text>',
        ]
    for number, ((name, points), colour) in enumerate(zip(lines.items(), _COLOURS, strict=False)):
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in points)
        at = f'x="{_WIDTH - _RIGHT - 4}" y="{36 + 16 * number}"'
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text {at} text-anchor="end" fill="{colour}">{escape(name)}</text>',
        ]
    return _svg(title, _HEIGHT, parts)


def bar_chart(title: str, bars: Mapping[str, Estimate], ours: Sequence[str]) -> str:
    """A bar each, with one standard error to both sides; ours in a colour of their own."""
    scale = (_WIDTH - _NAMES - 70) / max(bar.mean for bar in bars.values())
    parts = []
    for number, (name, bar) in enumerate(bars.items()):
        y, end, error = 36 + _STEP * number, _NAMES + bar.mean * scale, bar.error * scale
        colour, middle = _OURS if name in ours else _OTHERS, y + 9
        parts += [
            f'<text x="{_NAMES - 8}" y="{middle}" text-anchor="end" dominant-baseline="middle">{escape(name)}</text>',
            f'<rect x="{_NAMES}" y="{y}" width="{bar.mean * scale:.1f}" height="18" fill="{colour}"/>',
            f'<line x1="{end - error:.1f}" x2="{end + error:.1f}" y1="{middle}" y2="{middle}" stroke="black"/>',
            f'<text x="{end + error + 6:.1f}" y="{middle}" dominant-baseline="middle">{bar.mean:.3f}</text>',
        ]
    return _svg(title, 48 + _STEP * len(bars), parts)


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="20" font-size="14">{escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"
