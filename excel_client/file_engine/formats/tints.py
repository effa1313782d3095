"""
Lighter and darker shades of a colour, as Excel shows them.

The arithmetic is that of ECMA-376 part 1, 18.8.19: the luminance of the colour moves towards white or black. Excel
counts hue, luminance and saturation in whole numbers up to 240, as Windows' own colour picker does, so this does too;
it shows greys without that loss.
"""

from __future__ import annotations

__all__ = ["tinted"]

_FULL = 255
_MAX = 240
_SIXTH, _HALF, _THIRD = _MAX // 6, _MAX // 2, _MAX // 3


def tinted(color: tuple[int, int, int], tint: float) -> tuple[int, int, int]:
    """Return a colour made lighter (up to 1) or darker (down to -1)."""
    tint = min(max(tint, -1.0), 1.0)
    if len(set(color)) == 1:
        grey = round(_moved(color[0], tint, _FULL))
        return grey, grey, grey
    hue, luminance, saturation = _split(*color)
    return _joined(hue, int(_moved(luminance, tint, _MAX)), saturation)


def _moved(luminance: int, tint: float, full: int) -> float:
    return luminance * (1 + tint) if tint < 0 else luminance * (1 - tint) + full * tint


def _split(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """Return hue, luminance and saturation of a colour that is no grey."""
    high, low = max(red, green, blue), min(red, green, blue)
    spread, both = high - low, high + low
    luminance = (both * _MAX + _FULL) // (2 * _FULL)
    whole = both if luminance <= _HALF else 2 * _FULL - both
    saturation = (spread * _MAX + whole // 2) // whole
    to_red, to_green, to_blue = (
        ((high - channel) * _SIXTH + spread // 2) // spread for channel in (red, green, blue)
    )
    if red == high:
        hue = to_blue - to_green
    elif green == high:
        hue = _THIRD + to_red - to_blue
    else:
        hue = 2 * _THIRD + to_green - to_red
    return hue % _MAX, luminance, saturation


def _joined(hue: int, luminance: int, saturation: int) -> tuple[int, int, int]:
    product = luminance * saturation + _HALF
    if luminance <= _HALF:
        high = (luminance * (_MAX + saturation) + _HALF) // _MAX
    else:
        high = luminance + saturation - product // _MAX
    low = 2 * luminance - high

    def channel(angle: int) -> int:
        angle %= _MAX
        if angle < _SIXTH:
            share = low + ((high - low) * angle + _SIXTH // 2) // _SIXTH
        elif angle < _HALF:
            share = high
        elif angle < 2 * _THIRD:
            share = low + ((high - low) * (2 * _THIRD - angle) + _SIXTH // 2) // _SIXTH
        else:
            share = low
        return min(max((share * _FULL + _HALF) // _MAX, 0), _FULL)

    return channel(hue + _THIRD), channel(hue), channel(hue - _THIRD)
