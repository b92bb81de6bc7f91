"""What somebody looks for, as queries to the index: one for each rank."""

from dataclasses import dataclass
from functools import cached_property

from donebook.search.letters import LONGEST, TERMS, fold

SHORT = 2  # characters: so short a word is the beginning of half the vocabulary
TYPO_FROM = 5  # letters
GRAM = 3  # characters of a run that stand together in the index
TITLE, DESCRIPTION = "t", "d"


@dataclass(frozen=True)
class Term:
    """A word of the query, or a run of a script that has no spaces."""

    text: str
    run: bool
    beginning: bool = True

    @property
    def forgiving(self) -> bool:
        """Whether it may be spelled slightly otherwise."""
        return not self.run and len(self.text) >= TYPO_FROM and not any(c.isdigit() for c in self.text)


class Query:
    """The parts of a text that is looked for; each must be in what is found."""

    def __init__(self, text: str) -> None:
        found = list(dict.fromkeys((m[0][:LONGEST], bool(m["run"])) for m in TERMS.finditer(fold(text))))
        short = [word for word, run in found if not run and len(word) <= SHORT]
        self.terms = [Term(word, run, beginning=run or len(word) > SHORT or word == short[-1]) for word, run in found]

    def levels(self, scope: str) -> list[str | None]:
        """The queries by rank, best first: whole words, beginnings, parts of runs; each in titles, then anywhere."""
        exact = self._each(scope, _whole)
        begun = self._each(scope, _begun)
        inside = self._each(scope, _inside) if any(term.run for term in self.terms) else [None, None]
        return [*exact, *begun, *inside]
    def typos(self, scope):
        numbers, low, high, rlow, rhigh, patterns = [], [], [], [], [], []
        for number, term in enumerate(self.terms):
            if term.forgiving:
                w = term.text; h = len(w)//2 + 1
                numbers.append(number); low.append(w[:h-1]); high.append(_after(w[:h-1])); r = w[h:][::-1]
                rlow.append(r); rhigh.append(_after(r)); patterns.append(typo_pattern(w))
        base_t = [f"({_inside(scope, t, 't')})" for t in self.terms]
        base_a = [f"({_inside(scope, t, 't')}|{_inside(scope, t, 'd')})" for t in self.terms]
        return [base_t, base_a, numbers, low, high, rlow, rhigh, patterns]

    def _each(self, scope: str, form) -> list[str]:
        return [
            "&".join(f"({form(scope, term, TITLE)})" for term in self.terms),
            "&".join(f"({form(scope, term, TITLE)}|{form(scope, term, DESCRIPTION)})" for term in self.terms),
        ]


def _after(p):
    return p[:-1] + chr(ord(p[-1]) + 1)

def typo_pattern(w):
    alts = []
    n = len(w)
    alts += [w[:i] + w[i + 1 :] + "$" for i in range(n)]
    alts += [w[:i] + "." + w[i + 1 :] + ("$" if i == n-1 or i == 0 else "") for i in range(n)]
    alts += [w[:i] + "." + w[i:] + ("$" if i == n else "") for i in range(n + 1)]
    alts += [w[:i] + w[i + 1] + w[i] + w[i + 2 :] for i in range(n - 1)]
    alts += [w[:i] + w[i + 1 :] for i in range(2, n - 1)]
    return "^(?:" + "|".join(alts) + ")"

def _whole(scope: str, term: Term, where: str) -> str:
    return f"'{where}{scope}{term.text}'"


def _begun(scope: str, term: Term, where: str) -> str:
    return f"'{where}{scope}{term.text}'" + (":*" if term.beginning else "")


def _inside(scope: str, term: Term, where: str) -> str:
    if not term.run:
        return _begun(scope, term, where)
    lead = where.upper() + scope
    if len(term.text) <= GRAM:
        return f"'{lead}{term.text}':*"
    return "&".join(f"'{lead}{term.text[i : i + GRAM]}'" for i in range(len(term.text) - GRAM + 1))
