"""The worst cases of a regular expression, made from its parse tree, and whether it takes a line break for the end."""

import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # isort: skip

MOST_TEXTS = 12
COMMON = "a0 _-,.\"'\t\n!é\u0301\u4e2d\x00"
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)

type Node = tuple[Any, Any]
type Worst = tuple[str, str, str]
"""What comes first, what is repeated, and what comes last."""


class Repeat(NamedTuple):
    """A part of an expression that may be repeated, and texts that match it and what is around it."""

    before: list[str]
    pumps: list[str]
    after: list[str]


class Tree:
    """The parse tree of an expression, and texts that match its parts."""

    def __init__(self, text: str, flags: int) -> None:
        self.flags = flags
        self.parsed = _parser.parse(text, flags)
        self.alphabet = list(dict.fromkeys([*_characters(self.parsed), *COMMON]))
        self.repeats: list[Repeat] = []
        self._walk(self.parsed, [""], [""])

    def worst_cases(self) -> Iterator[Worst]:
        """Yield each part that may be repeated, behind what comes before it, with endings that do not match."""
        anything = [min(repeat.pumps, key=len) for repeat in self.repeats] + self.alphabet
        found: dict[Worst, None] = {}
        for before, pumps, after in self.repeats or [Repeat([""], [""], [""])]:
            first = dict.fromkeys(["", min(before, key=len), before[0]])
            last = dict.fromkeys(["\x00", min(after, key=len) + "!", after[0] + "\x00", ""])
            again = [text for text in (before[0], before[0] + pumps[0]) if text]  # what a search begins anew with
            found |= dict.fromkeys(itertools.product(first, [*pumps, *again, *anything[:MOST_TEXTS]], last))
        yield from found

    def samples(self) -> list[str]:
        """Texts that match the whole."""
        return self._texts(list(self.parsed))

    def _walk(self, nodes: Any, before: list[str], after: list[str]) -> None:
        """Note what is repeated in a sequence, what matches in front of it, and what behind it."""
        nodes = list(nodes)
        for place, (kind, value) in enumerate(nodes):
            ahead = _joined(before, self._texts(nodes[:place]))
            behind = _joined(self._texts(nodes[place + 1 :]), after)
            inner = _inner(kind, value)
            if kind in REPEATS and value[1] > 1:
                pumps = [text for text in self._texts(list(value[2])) if text]
                self.repeats += [Repeat(ahead, pumps, behind)] if pumps else []
            for sequence in inner:
                self._walk(sequence, ahead, behind)

    def _texts(self, nodes: list[Node]) -> list[str]:
        """Some texts that match a sequence: its parts as usual, all as short as they can be, and each one varied."""
        options = [self._of_node(node) for node in nodes]
        usual, least = [texts[0] for texts in options], [min(texts, key=len) for texts in options]
        found = {"".join(usual): None, "".join(least): None}
        for which in range(max(map(len, options), default=0)):
            for place, texts in enumerate(options):
                if which < len(texts):
                    for base in (usual, least):
                        found["".join([*base[:place], texts[which], *base[place + 1 :]])] = None
        return list(found)[:MOST_TEXTS]

    def _of_node(self, node: Node) -> list[str]:
        kind, value = node
        if kind is _constants.LITERAL:
            return [chr(value)]
        if kind in REPEATS:
            least, most, body = value
            counts = dict.fromkeys([max(least, min(most, 1)), least, min(most, max(least, 2))])
            texts = self._texts(list(body))
            return list(dict.fromkeys(text * count for text in texts for count in counts))[:MOST_TEXTS]
        if kind is _constants.BRANCH:
            return [text for branch in value[1] for text in self._texts(list(branch))[:2]][:MOST_TEXTS]
        if kind is _constants.SUBPATTERN:
            return self._texts(list(value[-1]))
        if kind is _constants.ATOMIC_GROUP:
            return self._texts(list(value))
        if kind in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT):
            return [""]
        if kind in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
            raise NotImplementedError(f"no example can be made of {kind}")
        fits = _compiled([node], self.flags).fullmatch
        members = [character for character in self.alphabet if fits(character)]
        members = members or [character for character in map(chr, range(0x3000)) if fits(character)][:1]
        if not members:
            raise NotImplementedError(f"no character is known that matches {kind} {value}")
        return members[:4]


def accepts_a_line_break(text: str, flags: int, method: str) -> str | None:
    """Return what matches with a line break behind it only because `$` allows one there; None when nothing does."""
    if flags & re.MULTILINE:
        return None
    tree = Tree(text, flags)
    method = method if method in ("match", "fullmatch") else "search"
    loose, strict = getattr(re.compile(text, flags), method), getattr(_compiled(_strict(tree.parsed), flags), method)
    matching = [sample for sample in tree.samples() if strict(sample)]
    assert matching, f"no text is known that matches {text!r}"
    return next((text for text in matching if loose(f"{text}\n") and not strict(f"{text}\n")), None)


def _strict(nodes: Any) -> list[Node]:
    """Replace every `$` by the very end."""
    return [(kind, _strict_value(kind, value)) for kind, value in nodes]


def _strict_value(kind: Any, value: Any) -> Any:
    if kind is _constants.AT:
        return _constants.AT_END_STRING if value is _constants.AT_END else value
    if isinstance(value, _parser.SubPattern):
        return _parsed(_strict(value))
    if isinstance(value, list):
        return [_strict_value(kind, part) for part in value]
    if isinstance(value, tuple):
        return tuple(_strict_value(None, part) for part in value)
    return value


def _parsed(nodes: list[Node]) -> Any:
    return _parser.SubPattern(_parser.State(), nodes)


def _compiled(nodes: list[Node], flags: int) -> re.Pattern[str]:
    """Compile a part of a tree; its groups are made anonymous, so that they need no numbers."""
    pattern: re.Pattern[str] = _compiler.compile(_parsed(_without_groups(nodes)), flags)
    return pattern


def _without_groups(nodes: Any) -> list[Node]:
    return [(kind, _anonymous(kind, value)) for kind, value in nodes]


def _anonymous(kind: Any, value: Any) -> Any:
    if kind is _constants.SUBPATTERN:
        return (None, *value[1:-1], _parsed(_without_groups(value[-1])))
    if isinstance(value, _parser.SubPattern):
        return _parsed(_without_groups(value))
    if isinstance(value, (list, tuple)) and kind is not _constants.IN:
        return type(value)(_anonymous(None, part) for part in value)
    return value


def _inner(kind: Any, value: Any) -> list[Any]:
    """The sequences inside a node."""
    if kind is _constants.BRANCH:
        return list(value[1])
    if kind in REPEATS:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[-1]]
    if kind is _constants.ATOMIC_GROUP:
        return [value]
    if kind in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    return []


def _characters(nodes: Any) -> Iterator[str]:
    """Characters that an expression names, and those right beside its ranges."""
    for kind, value in nodes:
        if kind in (_constants.LITERAL, _constants.NOT_LITERAL):
            yield chr(value)
        elif kind is _constants.RANGE:
            yield from map(chr, value)
        elif kind is _constants.IN:
            yield from _characters(value)
        for sequence in _inner(kind, value):
            yield from _characters(sequence)


def _joined(first: list[str], second: list[str]) -> list[str]:
    """Every one of the second behind one of the first, then the first behind each other, without all combinations."""
    if not first or not second:
        return first or second
    longest = max(len(first), len(second))
    return list(dict.fromkeys(first[i % len(first)] + second[i % len(second)] for i in range(longest)))
