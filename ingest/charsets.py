"""Bytes of a document → its text, by the charset that it is in rather than the one it names. Pure."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# Labels that mean another codec than Python's of that name (WHATWG Encoding Standard, §4.2).
_WHATWG_CODECS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    # A page whose ASCII `charset=utf-16` could be read is not in UTF-16.
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
    "utf-7": "utf-8",
}
# Codecs of Python's registry that are no character sets of pages.
_NO_CHARSETS = (
    "base64", "bz2", "hex", "idna", "mbcs", "oem", "punycode",
    "quopri", "raw", "rot", "undefined", "unicode", "uu", "zlib",
)  # fmt: skip
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_META_BYTES = 4096  # WHATWG says 1024; publishers put scripts first
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]{2,40})""")

# A page in the declared charset with a few broken bytes is still in that charset.
_MAX_BROKEN_SHARE = 0.01
_GUESS_BYTES = 20_000  # charset-normalizer is slow; this much shows every script

# Control bytes that XML 1.0 §2.2 forbids: libxml2 stops at some of them. ESC stays: ISO-2022 is made of it.
_CONTROL_BYTES = bytes(sorted(set(range(32)) - {0x09, 0x0A, 0x0D, 0x1B}))


def decode(body: bytes, charset: str | None = None) -> str:
    """Text of a document's bytes; never fails, at worst with U+FFFD for what is broken.

    Valid UTF-8 is taken as such whatever was declared: text in another charset passes for it only by a
    chance that is negligible beyond a few non-ASCII characters. (ISO-2022 and HZ are 7-bit and pass too,
    so those are asked first.)
    """
    for mark, codec in BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    body = body.translate(None, _CONTROL_BYTES)
    declared = [known for label in _labels(body, charset) if (known := _codec(label))]
    for codec in declared:
        if codec.startswith(("iso2022", "hz")) and (b"\x1b" in body or b"~{" in body):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for codec in declared:
        text = body.decode(codec, "replace")
        broken = text.count("\ufffd")
        # Of a text in another charset, nearly all that is beyond ASCII is broken.
        beyond = len(text) - len(text.encode("ascii", "ignore"))
        if broken <= max(3, _MAX_BROKEN_SHARE * len(text)) and 2 * broken <= beyond:
            return text
    half = _GUESS_BYTES // 2
    guess = from_bytes(body if len(body) <= _GUESS_BYTES else body[:half] + body[-half:]).best()
    return body.decode(guess.encoding if guess else "utf-8", "replace")


def _labels(body: bytes, charset: str | None) -> list[str]:
    start = body[:_META_BYTES]
    found = [
        match[1].decode("ascii", "replace")
        for match in (_META_CHARSET.search(start), _XML_ENCODING.search(start))
        if match
    ]
    return [charset, *found] if charset else found


def _codec(label: str) -> str | None:
    for known in (label, label.lower().removeprefix("x-")):  # x-sjis, x-euc-jp, x-gbk: names of before they had one
        try:
            name = codecs.lookup(known).name
            break
        except (LookupError, ValueError):
            continue
    else:
        return None
    if name.startswith(_NO_CHARSETS):
        return None
    return _WHATWG_CODECS.get(name, name)
