"""Texts that have broken other servers; each must come back as it was sent."""

import pytest

FAMILY = "👨‍👩‍👧‍👦"  # one picture, seven code points

HARMLESS = [
    pytest.param(text, id=name)
    for name, text in {
        "one letter": "a",
        "a space": " ",
        "spaces around": "  Buy milk \t",
        "line breaks": "one\ntwo\r\nthree",
        "control characters": "\x01\x08\x1b[31m\x7f\x80\x9f",
        "separators": "\u2028\u2029\u0085",
        "emoji": "🧀",
        "family": FAMILY,
        "flags": "🇫🇷🏴‍☠️",
        "skin tone": "👍🏽",
        "precomposed": "é",
        "combining mark": "e\u0301",
        "many combining marks": "z" + "\u0335\u0321\u0322\u0336" * 20,
        "only a combining mark": "\u0301",
        "right to left": "שלום \u202e\u2066abc\u2069",
        "zero width": "\u200b\u200c\u200d\ufeff",
        "byte order mark": "\ufeffBuy",
        "noncharacters": "\ufffe\uffff\U0001fffe\U0010ffff",
        "private use": "\ue000\U000f0000",
        "replacement character": "\ufffd",
        "wide": "日本語のタスク",
        "html": '<script>alert("1")</script>&amp;',
        "sql": "'); DROP TABLE tasks; --",
        "format": "%s %(id)s {0} ${x} :name $1 \\x00",
        "json": '{"title": "\\u0000"}',
        "backslashes": "\\ \\\\ \\u0041 \\n",
        "quotes": "\"'`´‘“",
        "number": "12345",
        "null": "null",
        "true": "true",
        "path": "../../etc/passwd%00",
    }.items()
]

FULL = [
    pytest.param(text, id=name)
    for name, text in {
        "letters": "x" * 200,
        "spaces": " " * 200,
        "umlauts": "ü" * 200,
        "wide": "語" * 200,
        "emoji": "🧀" * 200,
        "families": (FAMILY * 29)[:200],
        "combining marks": "e\u0301" * 100,
        "one letter and combining marks": "e" + "\u0301" * 199,
        "last code point": "\U0010ffff" * 200,
        "zero width": "\u200b" * 200,
    }.items()
]
"""Exactly 200 code points, however many bytes, UTF-16 units or pictures that is."""

assert all(len(parameter.values[0]) == 200 for parameter in FULL)  # type: ignore[arg-type]

NOT_A_STRING = ["0", "1", "-1.5", "1e5", "true", "false", "[]", '["Buy milk"]', "{}", '{"title": "x"}']
HUGE_NUMBERS = ["1e400", "-1e400", "1" + "0" * 400, "-" + "9" * 5000, "0." + "1" * 5000]
NOT_JSON = ["NaN", "Infinity", "-Infinity", "undefined", "None", "True", "'x'", "x", "01", "1.", ".5", "+1", "0x1", ""]
NOT_TEXT = {
    "NUL": b'"a\\u0000b"',
    "only NUL": b'"\\u0000"',
    "raw NUL": b'"a\x00b"',
    "raw control character": b'"a\x01b"',
    "raw line break": b'"a\nb"',
    "lone high surrogate": b'"a\\ud800b"',
    "lone low surrogate": b'"a\\udc00b"',
    "high surrogate at the end": b'"\\ud83d"',
    "surrogates swapped": b'"\\udc00\\ud800"',
    "two high surrogates": b'"\\ud83d\\ud83d"',
    "surrogate bytes": b'"\xed\xa0\xbd\xed\xb2\xa9"',
    "half a character": b'"\xf0\x9f\xa7"',
    "overlong": b'"\xc0\x80"',
    "latin-1": b'"caf\xe9"',
    "beyond unicode": b'"\xf4\x90\x80\x80"',
    "half an escape": b'"\\u12"',
    "unknown escape": b'"\\x41"',
    "not closed": b'"abc',
}
