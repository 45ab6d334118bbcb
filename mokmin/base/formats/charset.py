"""Korean text files: which encoding, without guessing beyond what decodes cleanly."""

from __future__ import annotations

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ALLOWED_CONTROLS = frozenset("\t\n\r\f\x1a\x0b")


def decode_text(data: bytes, *, partial: bool = False) -> str | None:
    """``data`` as text in UTF-8, UTF-16 or CP949, or None when it is not text.

    With ``partial`` the data may be cut in the middle of a character (the head of a file).
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode(data, encoding, partial)
    wide = _utf16_without_mark(data)
    if wide:
        return _decode(data, wide, partial)
    return _decode(data, "utf-8", partial) or _decode(data, "cp949", partial)


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4000]
    if len(sample) < 8 or b"\x00" not in sample:
        return ""
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if odd > 4 * (even + 1):
        return "utf-16-le"
    return "utf-16-be" if even > 4 * (odd + 1) else ""


def _decode(data: bytes, encoding: str, partial: bool) -> str | None:
    for cut in range(4 if partial else 1):
        try:
            text = data[: len(data) - cut].decode(encoding)
        except UnicodeError:
            continue
        return text if _looks_like_text(text) else None
    return None


def _looks_like_text(text: str) -> bool:
    sample = text[:20_000]
    bad = sum(1 for char in sample if char < " " and char not in _ALLOWED_CONTROLS)
    return bad * 200 <= len(sample)
