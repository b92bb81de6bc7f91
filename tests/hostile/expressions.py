"""Every regular expression in `src`, found in the sources themselves, with the ways in which each is used."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import donebook
from donebook.tasks.search.query import query_of

METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split")
STRICTEST = {"search", "fullmatch"}
"""How an expression is tried whose uses cannot be seen."""


def _slips() -> list[str]:
    return [term.slips for text in ("abcde", "aaaaaaaa", "a" * 60, "ααβββ") for term in query_of(text).terms]


BUILT: dict[str, Callable[[], list[str]]] = {
    "donebook.tasks.search.query": _slips,
    "donebook.tasks.search.highlights": lambda: [re.escape("อ" * 60)],
    "donebook.web.pages": lambda: [re.escape("scalar") + r"-[\w-]{8}\." + re.escape("js")],
    "donebook.baseline.faults": list,  # the patterns of Structs, each of which is found where it is written
}
"""Modules that build one expression each from values known only at run time, and examples of what they build."""


@dataclass(eq=False)
class Expression:
    """A regular expression, where it stands and the methods that are called on it."""

    name: str
    text: str
    flags: int
    methods: set[str] = field(default_factory=set)


@dataclass
class Collection:
    """What was found, and what could not be evaluated."""

    expressions: list[Expression]
    unknown: list[str]
    built: list[str]


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    """Every module under `donebook`, imported, with its syntax tree."""
    for found in pkgutil.walk_packages(donebook.__path__, "donebook."):
        module = importlib.import_module(found.name)
        if module.__file__ is not None:
            yield module, ast.parse(Path(module.__file__).read_text())


@cache
def collect() -> Collection:
    """Find every expression that the sources compile, use, or give to msgspec or Litestar as a `pattern`."""
    return collect_from(modules())


def collect_from(sources: Iterable[tuple[ModuleType, ast.Module]]) -> Collection:
    """Find every expression of these modules."""
    found, by_key = Collection([], [], []), dict[tuple[str, int], Expression]()
    uses: list[tuple[ModuleType, ast.Attribute]] = []
    for module, tree in sources:
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                uses.append((module, node))
            if isinstance(node, ast.Call) and (given := _given(module, node)) is not None:
                for expression in _expressions(module, node, given, parents.get(node), found):
                    known = by_key.setdefault((expression.text, expression.flags), expression)
                    known.methods |= _methods(module, node, parents.get(node))
    for module, use in uses:
        for part in ast.walk(use.value):
            value = _evaluated(module, part) if isinstance(part, (ast.Name, ast.Attribute)) else None
            if isinstance(value, re.Pattern) and (value.pattern, value.flags) in by_key:
                by_key[value.pattern, value.flags].methods.add(use.attr)
    found.expressions = list(by_key.values())
    for expression in found.expressions:
        expression.methods = expression.methods or STRICTEST
    return found


def _given(module: ModuleType, call: ast.Call) -> ast.expr | None:
    """The argument of a call that is a regular expression, if one is."""
    if _is_re(module, call.func) and call.args:
        return call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "pattern"), None)


def _is_re(module: ModuleType, function: ast.expr) -> bool:
    called = _evaluated(module, function) if isinstance(function, (ast.Name, ast.Attribute)) else None
    return getattr(called, "__module__", None) == "re" and getattr(called, "__name__", None) in {*METHODS, "compile"}


def _expressions(
    module: ModuleType, call: ast.Call, given: ast.expr, parent: ast.AST | None, found: Collection
) -> list[Expression]:
    text, flags = _evaluated(module, given), [_evaluated(module, value) for value in _flags(call)]
    name = f"{module.__name__}:{ast.unparse(parent.targets[0] if isinstance(parent, ast.Assign) else given)}"
    if isinstance(text, re.Pattern):
        return []  # it is compiled elsewhere
    if isinstance(text, str) and all(isinstance(flag, int) for flag in flags):
        return [Expression(name, text, re.compile(text, *flags).flags)]
    if module.__name__ in BUILT:
        found.built.append(module.__name__)
        examples = BUILT[module.__name__]()
        return [Expression(f"{module.__name__}:built", example, re.compile(example).flags) for example in examples]
    found.unknown.append(name)
    return []


def _flags(call: ast.Call) -> list[ast.expr]:
    """The flags of a call; of `re.sub` and `re.split` only by name, since other arguments come before them."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    place = 1 if ast.unparse(call.func).endswith("compile") else 2
    takes = not ast.unparse(call.func).endswith(("sub", "subn", "split"))
    return named or ([call.args[place]] if takes and len(call.args) > place else [])


def _methods(module: ModuleType, call: ast.Call, parent: ast.AST | None) -> set[str]:
    """How the expression of a call is used right there."""
    if not _is_re(module, call.func):
        return {"search"}  # a `pattern`: so msgspec does it, and Litestar by it
    name = ast.unparse(call.func).rpartition(".")[2]
    if name != "compile":
        return {name}
    return {parent.attr} if isinstance(parent, ast.Attribute) and parent.attr in METHODS else set()


def _evaluated(module: ModuleType, node: ast.expr) -> Any:
    """The value of an expression among the names of its module; None when it has none before the program runs."""
    if any(isinstance(part, (ast.Call, ast.Lambda, ast.NamedExpr)) for part in ast.walk(node)):
        return None
    try:
        return eval(compile(ast.Expression(node), module.__name__, "eval"), dict(vars(module)))
    except (NameError, AttributeError, TypeError, LookupError, ValueError):
        return None


def patterns_in_memory() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled expression that a module or a class of `donebook` holds, whatever made it."""
    for module, _ in modules():
        for name, value in vars(module).items():
            for pattern in _held(value, module.__name__):
                yield f"{module.__name__}:{name}", pattern


def _held(value: Any, module: str) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (part for part in [*value, *value.values()] if isinstance(part, re.Pattern))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from (part for part in value if isinstance(part, re.Pattern))
    elif isinstance(value, type) and value.__module__ == module:
        yield from (part for part in vars(value).values() if isinstance(part, re.Pattern))
