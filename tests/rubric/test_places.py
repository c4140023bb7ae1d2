"""Lines of keys in TOML texts, however they are written."""

from __future__ import annotations

import random
import time
import tomllib
from collections.abc import Callable

import pytest

from critique_loop.rubric.places import KeyPath, lines_of, nearest


def test_keys_tables_and_lists_of_tables_have_their_lines() -> None:
    text = (
        "# a comment\n"
        'name = "x" # [not a table]\n'
        "\n"
        "[[dimensions]]\n"
        "weight = 1\n"
        "  [dimensions.levels]\n"
        '  0 = "a"\n'
        "[[dimensions]] # the second\n"
        "checks = { a = 1, b.c = 2 }\n"
    )

    lines = lines_of(text)

    assert lines == {
        ("name",): 2,
        ("dimensions",): 4,
        ("dimensions", 0): 4,
        ("dimensions", 0, "weight"): 5,
        ("dimensions", 0, "levels"): 6,
        ("dimensions", 0, "levels", "0"): 7,
        ("dimensions", 1): 8,
        ("dimensions", 1, "checks"): 9,
        ("dimensions", 1, "checks", "a"): 9,
        ("dimensions", 1, "checks", "b"): 9,
        ("dimensions", 1, "checks", "b", "c"): 9,
    }


def test_texts_of_many_lines_hide_nothing_and_count() -> None:
    text = (
        'one = """\n[[fake]]\nname = 1 \\"""\n"""\n'
        "two = '''\n''quoted''\n# x'''\n"
        'three = """"quoted""""\n'
        "four = '#'\n"
        'five = "\\"# = ["\n'
        "six = 6\n"
    )
    tomllib.loads(text)

    assert lines_of(text) == {
        ("one",): 1,
        ("two",): 5,
        ("three",): 8,
        ("four",): 9,
        ("five",): 10,
        ("six",): 11,
    }


def test_lists_over_several_lines_and_tables_in_them_are_followed() -> None:
    text = (
        "without = [ # why\n"
        '  "a,]", # not this one\n'
        "\n"
        "  'b',\n"
        "]\n"
        "dimensions = [{ name = 'x', levels = { 0 = '}' } },\n"
        "  { name = 'y', when = 1979-05-27T07:32:00Z }]\n"
        "last = inf\n"
    )
    tomllib.loads(text)

    lines = lines_of(text)

    assert lines["without", 0] == 2
    assert lines["without", 1] == 4
    assert lines["dimensions", 0, "levels", "0"] == 6
    assert lines["dimensions", 1, "name"] == 7
    assert lines["dimensions", 1, "when"] == 7
    assert lines["last",] == 8


def test_keys_in_quotes_and_with_dots_are_read_as_toml_reads_them() -> None:
    text = '"a.b" = 1\n\'c\\\' = 2\n"\\u00e4" . x = 3\n[ t . "u v" ]\n[[t.w]]\nz = 1\r\ny = 2\n'

    assert lines_of(text) == {
        ("a.b",): 1,
        ("c\\",): 2,
        ("ä",): 3,
        ("ä", "x"): 3,
        ("t",): 4,
        ("t", "u v"): 4,
        ("t", "w"): 5,
        ("t", "w", 0): 5,
        ("t", "w", 0, "z"): 6,
        ("t", "w", 0, "y"): 7,
    }


def test_a_key_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    lines = lines_of("[[dimensions]]\n\n[[dimensions]]\nname = 'n'\n")

    assert nearest(lines, ("dimensions", 1, "question")) == 3
    assert nearest(lines, ("dimensions", 1, "levels", "9")) == 3
    assert nearest(lines, ("name",)) is None


def test_a_text_too_deep_for_the_stack_has_no_lines() -> None:
    assert lines_of("a = " + "[" * 100_000 + "]" * 100_000) == {}


@pytest.mark.parametrize("text", ["a", "= 1", "[", "a.", 'a = "', "a = [", "a = {", "[[a", "\\"])
def test_what_is_no_toml_ends_the_walk(text: str) -> None:
    assert isinstance(dict(lines_of(text)), dict)


def test_a_long_text_is_read_in_linear_time() -> None:
    line = "x{} = {{ a = ['b', \"c\"], d = 1 }} # e\n"
    text = "".join(line.format(number) for number in range(25_000))  # about a megabyte
    begin = time.process_time()

    lines = lines_of(text)

    assert lines["x24999", "d"] == 25_000
    assert time.process_time() - begin < 10


class Generated:
    """A random TOML document that knows on which line it wrote what."""

    def __init__(self, seed: int) -> None:
        self.text = ""
        self.lines: dict[KeyPath, int] = {}
        self._random = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self._document()

    @property
    def _line(self) -> int:
        return self.text.count("\n") + 1

    def _document(self) -> None:
        self._pairs((), 3)
        for number in range(self._random.randrange(4)):
            self._mark(("list",))
            self._mark(("list", number))
            self.text += self._random.choice(["[[list]]", "[[ list ]]  # [[list]]"]) + "\n"
            self._pairs(("list", number), 3)
            if self._random.random() < 0.5:
                self._mark(("list", number, "sub"))
                self.text += "[list.sub]\n"
                self._pairs(("list", number, "sub"), 2)

    def _mark(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self._line)

    def _pairs(self, table: KeyPath, most: int) -> None:
        for number in range(self._random.randrange(most + 1)):
            self.text += self._random.choice(["", "\n", "# a = 1\n", "  "])
            self._pair((*table, f"k{number}"), 2)
            self.text += self._random.choice(["\n", " # '\"[{\n", "\t\n\n"])

    def _pair(self, path: KeyPath, depth: int, *, inline: bool = False) -> None:
        self._mark(path)
        key = str(path[-1])
        self.text += self._random.choice([key, f'"{key}"', f"'{key}'"])
        self.text += self._random.choice([" = ", "=", "  =\t"])
        self._value(path, depth, inline=inline)

    def _value(self, path: KeyPath, depth: int, *, inline: bool = False) -> None:
        kinds: list[Callable[[], None]] = [self._scalar]
        if depth and not inline:
            kinds.append(lambda: self._list(path, depth - 1))
        if depth:
            kinds.append(lambda: self._table(path, depth - 1))
        self._random.choice(kinds)()

    def _scalar(self) -> None:
        texts = ["1", "-2.5e3", "true", "nan", "1979-05-27", "'#]}'", '"\\"\\\\"', '""', "''"]
        texts += ['"""a\n# "\n"""', "'''[x]\ny = ''\n'''", '"""\n\n\\""""', "''''a''''"]
        self.text += self._random.choice(texts)

    def _list(self, path: KeyPath, depth: int) -> None:
        self.text += "["
        for number in range(self._random.randrange(4)):
            self.text += self._random.choice(["", " ", "\n", " # ]\n"])
            self._mark((*path, number))
            self._value((*path, number), depth)
            self.text += self._random.choice([",", " ,", "\n,"])
        self.text += self._random.choice(["", "\n"]) + "]"

    def _table(self, path: KeyPath, depth: int) -> None:
        self.text += "{"
        for number in range(self._random.randrange(3)):
            self.text += ", " if number else " "
            self._pair((*path, f"i{number}"), depth, inline=True)
        self.text += " }"


@pytest.mark.parametrize("seed", range(200))
def test_any_document_has_the_lines_on_which_it_was_written(seed: int) -> None:
    document = Generated(seed)
    tomllib.loads(document.text)

    assert lines_of(document.text) == document.lines
