"""No regular expression can be made to work long, or to take a line break for the end."""

import ast
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from donebook.tasks.search.letters import TERMS
from tests.hostile.expressions import BUILT, Collection, collect, collect_from, patterns_in_memory
from tests.hostile.worst_cases import accepts_a_line_break
from tests.server import ROOT

MAY_GROW = {
    "donebook.baseline.body:CONSTANT": "it is given only what was decoded as JSON before, whose texts all end",
    "donebook.openapi:KEY_PATTERN": "only the OpenAPI document has it, where maxLength allows 255 characters",
}
MAY_END_BEFORE_A_LINE_BREAK = {
    "donebook.openapi:KEY_PATTERN": "in a JSON Schema, `$` is the very end (ECMA 262)",
    "donebook.openapi:TAGS": "in a JSON Schema, `$` is the very end (ECMA 262)",
    "donebook.tasks.search.query:built": "it is tried on words, which have no line breaks",
}
SLOW = [
    *(r"([ \t]*,[ \t]*)*x", r"(a+)+$", r"(a|a)*b", r"(a|b|ab)*c", r"(\w*\d)*!", r"^(\d+|\d+\.)*$", r"(?:a?){30}b"),
    *(
        r"\w+\s*\w+$",
        r"\s+$",
        r"x*x*y",
        r"^.*=.*;$",
        r'"(\\.|[^"])*"x',
        r"(?:(?:ab)*c?)*d",
        r"(?i)(É+)+!",
        "<!--.*?-->",
    ),
]
QUICK = [
    *(r"[^\x00]*", r"^[^\x00]*$", r"([ \t]*+,)*+x", r"(?>a+)+b", r"\d{4}-\d\d", r"^(a|b)*c", r"[a-z]{1,255}!"),
    *(r'"[^"]*"', r"(?:x(?:yz?)?){3}$", r"^\s*\w+\s*$", r"\bab+?c", r"(?=a)a*", r"(?<!x)y{2,}", r"^(?!aa)a"),
]


def grows(text: str, flags: int, method: str) -> str | None:
    """Say how the time of an expression grows, when it grows too fast; in a process of its own, which may be ended."""
    given = json.dumps({"text": text, "flags": flags, "method": method})
    command = [sys.executable, "-m", "tests.hostile.growth"]
    ended = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    if ended.returncode < 0:
        return f"it did not end with {said[-1]['trying']}"
    assert ended.returncode == 0, ended.stderr
    found = said[-1]["found"]
    return None if found is None else f"{found[0]}: {found[1]}"


def test_every_expression_takes_time_in_proportion_to_the_text():
    tried = [(it.name, it.text, it.flags, method) for it in collect().expressions for method in sorted(it.methods)]
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda one: grows(*one[1:]), tried))
    failed = {one[0]: how for one, how in zip(tried, said, strict=True) if how is not None}
    assert failed.keys() == MAY_GROW.keys(), failed


def test_no_expression_takes_a_line_break_for_the_end():
    failed = {
        it.name: (it.text, example)
        for it in collect().expressions
        for method in it.methods
        if (example := accepts_a_line_break(it.text, it.flags, method)) is not None
    }
    assert failed.keys() == MAY_END_BEFORE_A_LINE_BREAK.keys(), failed


def test_words_have_no_line_breaks():
    breaks = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
    assert [found[0] for found in TERMS.finditer("one".join(breaks))] == ["one"] * (len(breaks) - 1)


def test_every_expression_is_known():
    found = collect()
    assert found.unknown == [], "expressions that cannot be evaluated; BUILT is for those that are built while it runs"
    assert sorted(found.built) == sorted(BUILT), "BUILT says which modules build one, and how what they build looks"
    texts = {it.text for it in found.expressions}
    assert {name: it.pattern for name, it in patterns_in_memory() if it.pattern not in texts} == {}
    assert in_the_document() <= texts


def in_the_document() -> set[str]:
    """The patterns that the OpenAPI document shows."""
    shown = set()

    def look(members: dict[str, object]) -> None:
        if isinstance(pattern := members.get("pattern"), str):
            shown.add(pattern)

    json.loads((ROOT / "frontend" / "openapi.json").read_text(), object_hook=look)
    assert shown
    return shown


def found_in(source: str) -> Collection:
    module = ModuleType("made_up")
    exec(source, vars(module))
    return collect_from([(module, ast.parse(source))])


@pytest.mark.parametrize(
    ("source", "text", "methods"),
    [
        ("import re\nX = re.compile('a' 'b')\nX.fullmatch('ab')", "ab", {"fullmatch"}),
        (
            "import re\nA = 'a'\nX = re.compile(rf'{A}+', re.ASCII)\ndef f(t): return (X if t else 0).sub('', t)",
            "a+",
            {"sub"},
        ),
        ("from re import search\ndef f(t): return search('a+', t)", "a+", {"search"}),
        ("import re\nclass C:\n    def f(self, t): return re.compile('a+').match(t)", "a+", {"match"}),
        ("from msgspec import Meta\nA = 'a$'\nX = Meta(pattern=A)", "a$", {"search"}),
        ("import re\nX = (re.compile('a'), 1)", "a", {"search", "fullmatch"}),
    ],
)
def test_a_new_expression_is_found(source: str, text: str, methods: set[str]):
    [expression] = found_in(source).expressions
    assert (expression.text, expression.methods) == (text, methods)


@pytest.mark.parametrize("call", ["re.compile(given)", "re.sub(given + 'x', '', 'x')", "re.compile('a', given)"])
def test_a_new_expression_that_cannot_be_evaluated_is_told(call: str):
    found = found_in(f"import re\ndef f(given): return {call}")
    assert len(found.unknown) == 1
    assert found.expressions == []


@pytest.mark.parametrize("text", SLOW)
def test_an_expression_that_backtracks_is_caught(text: str):
    assert grows(text, 0, "search")


@pytest.mark.parametrize("text", QUICK)
def test_an_expression_that_does_not_is_not(text: str):
    assert grows(text, 0, "match") is None


@pytest.mark.parametrize(("text", "method"), [("^a$", "search"), ("(x|a$)", "match"), ("a(?:b|(c)$)", "match")])
def test_an_expression_that_takes_a_line_break_for_the_end_is_caught(text: str, method: str):
    assert accepts_a_line_break(text, 0, method) is not None


@pytest.mark.parametrize("text", [r"^a\Z", r"^a$(?!\n)", r"^[^x]*$", r"^a\s*$", r"(?m)^a$"])
def test_an_expression_that_does_not_or_says_so_is_not(text: str):
    assert accepts_a_line_break(text, re.compile(text).flags, "search") is None
