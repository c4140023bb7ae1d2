"""Agent files: what is read from them, and how a wrong one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop import definitions
from critique_loop.definitions import Definition, Sharing
from critique_loop.definitions.files import shipped
from critique_loop.errors import DefinitionError

GOOD = """+++
name = "mine"
role = "writer"
+++
Write well.
"""
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "mine.md"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def with_keys(*lines: str, role: str = "writer") -> str:
    keys = "\n".join(lines)
    return f'+++\nname = "mine"\nrole = "{role}"\n{keys}\n+++\nWrite well.\n'


def refused(path: Path) -> str:
    with pytest.raises(DefinitionError) as caught:
        definitions.load(path)
    assert str(path) in caught.value.problem
    return caught.value.problem


ROLES = {
    "chart_critic": "critic",
    "chart_evaluate": "critic",
    "chart_explain": "explainer",
    "chart_repair": "writer",
    "chart_writer": "writer",
    "code_critic": "critic",
    "code_suspect": "tester",
    "code_writer": "writer",
    "rubric_suggester": "suggester",
}


@pytest.mark.parametrize("name", ROLES)
def test_each_shipped_agent_is_valid_and_named_after_its_file(name: str) -> None:
    definition = definitions.load(name)

    assert definition.name == name
    assert definition.role == ROLES[name]
    assert definition.description


def test_every_shipped_agent_is_tested() -> None:
    assert shipped() == list(ROLES)


def test_a_canary_can_be_switched_off_by_a_critic_alone(write: Write) -> None:
    critic = definitions.load(write(with_keys("canary = false", role="critic")))

    assert not critic.canary
    assert definitions.load(write(GOOD)).canary
    assert "only a critic has it" in refused(write(with_keys("canary = false")))
    assert "expected true or false" in refused(write(with_keys("canary = 1", role="critic")))


def test_a_file_without_settings_has_the_defaults(write: Write) -> None:
    definition = definitions.load(write(GOOD))

    assert definition.prompt == "Write well."
    assert definition.temperature is None
    assert definition.sharing == Sharing()
    assert len(definition.sha256) == 64
    assert definition == Definition("mine", "writer", "Write well.", definition.sha256)


def test_every_setting_is_read(write: Write) -> None:
    content = with_keys(
        'description = "d"',
        "temperature = 1",
        "top_p = 0.5",
        "max_tokens = 7",
        "seed = 3",
        "token_budget = 900",
        "samples = 4",
        'dimensions = ["a", "b"]',
        "[sharing]",
        "picture = false",
        role="critic",
    )

    found = definitions.load(write(content))

    assert (found.description, found.temperature, found.top_p) == ("d", 1.0, 0.5)
    assert (found.max_tokens, found.seed, found.token_budget) == (7, 3, 900)
    assert (found.samples, found.dimensions) == (4, ("a", "b"))
    assert found.sharing == Sharing(picture=False)


def test_another_prompt_is_another_hash(write: Write) -> None:
    one = definitions.load(write(GOOD))
    other = definitions.load(write(GOOD + "Really.\n"))

    assert one.sha256 != other.sha256
    assert one.identity == f"mine@{one.sha256[:12]}"


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        ("temperature = true", "temperature", "expected a number"),
        ("temperature = 2.5", "temperature", "from 0 to 2"),
        ("temperature = nan", "temperature", "found nan"),
        ('max_tokens = "many"', "max_tokens", "expected a whole number"),
        ("max_tokens = 0", "max_tokens", "from 1"),
        ("seed = 1.5", "seed", "expected a whole number"),
        ("token_budget = 3", "token_budget", "from 500"),
        ("candidates = 99", "candidates", "to 16"),
        ("samples = 3", "samples", "only a critic has it"),
        ('dimensions = ["a"]', "dimensions", "only a critic has it"),
        ("sharing = 1", "sharing", "expected a table"),
        ('sharing.code = "no"', "sharing.code", "expected true or false"),
        ("sharing = { table = true }", "sharing.table", "unknown key"),
        ("description = 3", "description", "expected a text"),
        ("temprature = 0.1", "temprature", "unknown key"),
        ('"temprature" = 0.1', "temprature", "unknown key"),
    ],
)
def test_a_wrong_key_is_named_with_its_line(
    write: Write, line: str, key: str, problem: str
) -> None:
    said = refused(write(with_keys("# a comment", line)))

    assert f"line 5: {key}: " in said
    assert problem in said


def test_a_key_in_a_table_is_found_by_the_tables_header(write: Write) -> None:
    said = refused(write(with_keys("[sharing]", "code = true", "picture = 3")))

    assert "line 6: sharing.picture: expected true or false, found 3" in said


@pytest.mark.parametrize("value", ["3", '["a", 3]', '["a", "a"]', '[" "]'])
def test_dimensions_are_a_list_of_different_names(write: Write, value: str) -> None:
    said = refused(write(with_keys(f"dimensions = {value}", role="critic")))

    assert "line 4: dimensions: " in said


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Write well.", "line 1: expected +++"),
        ("", "line 1: expected +++"),
        ('+++\nname = "a"\nWrite', "line 3: the second +++ is missing"),
        ('+++\nname = "a"\nrole = "writer"\n+++\n \n', "line 5: there is no prompt"),
        ('+++\nname = "a"\n+++\nWrite', "line 1: role: is missing"),
        ('+++\nrole = "writer"\n+++\nWrite', "line 1: name: is missing"),
        ('+++\nname = "a b"\nrole = "writer"\n+++\nWrite', "line 2: name: expected letters"),
        ('+++\nname = "a"\nrole = "boss"\n+++\nWrite', "line 3: role: expected writer or critic"),
        ('+++\nname = "a"\n\nrole =\n+++\nWrite', "line 4: no valid TOML"),
        ('+++\nname = "a"\nname = "b"\n+++\nWrite', "line 3: no valid TOML"),
        ('+++\nname = """a\n+++\nWrite', "line 2: no valid TOML"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_the_line(
    write: Write, content: str, problem: str
) -> None:
    assert problem in refused(write(content))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f"seed = {'1' * 5000}", "no valid TOML"),
        (f"seed = {'[' * 20_000}", "no valid TOML"),
        (f"seed = 0x{'f' * 9000}", "a value is too long or too deep"),
        (f"seed{'.a' * 5000} = 1", "a value is too long or too deep"),
    ],
    ids=["digits", "brackets", "hexadecimal", "dots"],
)
def test_a_value_that_is_too_long_or_too_deep_is_refused(
    write: Write, line: str, problem: str
) -> None:
    content = f'+++\nname = "a"\nrole = "writer"\n{line}\n+++\nWrite'

    assert problem in refused(write(content))


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(write: Write) -> None:
    plain = definitions.load(write(GOOD))

    marked = definitions.load(write(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()))

    assert marked == plain


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (GOOD.encode("utf-16"), "line 1: the file is UTF-16"),
        (GOOD.encode("utf-32"), "line 1: the file is UTF-32"),
        (GOOD.encode("utf-16-le"), "line 1: there is a control character (U+0000)"),
        ((GOOD + "caf\xe9").encode("latin-1"), "line 6: the byte 0xe9 is not UTF-8"),
        (GOOD.encode() + b"a\x00b", "line 6: there is a control character (U+0000)"),
        (GOOD.encode() + b"\x1b[31m", "line 6: there is a control character (U+001B)"),
        (GOOD.replace("\n", "\r").encode(), "line 1: there is a control character (U+000D)"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_line(
    write: Write, raw: bytes, problem: str
) -> None:
    assert problem in refused(write(raw))


def test_a_file_without_end_is_not_read_to_its_end(write: Write) -> None:
    assert "is longer than" in refused(write(GOOD + "x" * (1 << 20)))


@pytest.mark.parametrize("source", ["no_such_agent", "../agents/chart_writer", "rubrics", ""])
def test_what_is_not_there_is_refused_with_the_names_of_those_that_are(source: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definitions.load(source)

    assert "chart_writer" in caught.value.remedy


def test_a_folder_is_no_agent(tmp_path: Path) -> None:
    folder = tmp_path / "mine.md"
    folder.mkdir()

    assert "there is no such file" in refused(folder)
