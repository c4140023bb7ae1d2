from __future__ import annotations

import time

import pytest

from critique_loop.models import lenient

RIGHT = {"evidence": "the bars", "advice": "", "score": 8}

SAYS_IT = {
    "plain": '{"evidence": "the bars", "advice": "", "score": 8}',
    "with a fence": '```json\n{"evidence": "the bars", "advice": "", "score": 8}\n```',
    "with an open fence": '```json\n{"evidence": "the bars", "advice": "", "score": 8}',
    "with prose": 'Sure! Here it is:\n{"evidence": "the bars", "advice": "", "score": 8}\nAnything'
    " else?",
    "after prose with braces": 'The {title} is {bad}. {"evidence": "the bars", "advice": "",'
    ' "score": 8}',
    "after thinking": "<think>Is it {7}? No.</think>\n"
    '{"evidence": "the bars", "advice": "", "score": 8}',
    "after thinking that a template began": 'maybe {"score": 3}\n</think>\n\n'
    '{"evidence": "the bars", "advice": "", "score": 8}',
    "in tags": '<json>{"evidence": "the bars", "advice": "", "score": 8}</json>',
    "in a list": '[{"evidence": "the bars", "advice": "", "score": 8}]',
    "put into quotes again": '"{\\"evidence\\": \\"the bars\\", \\"advice\\": \\"\\",'
    ' \\"score\\": 8}"',
    "escaped for no reason": '{\\"evidence\\": \\"the bars\\", \\"advice\\": \\"\\",'
    ' \\"score\\": 8}',
    "with a byte order mark": '\ufeff{"evidence": "the bars", "advice": "", "score": 8}',
    "with commas too many": '{"evidence": "the bars", "advice": "", "score": 8,}',
    "with lines for commas": '{"evidence": "the bars"\n "advice": ""\n "score": 8\n}',
    "in single quotes": "{'evidence': 'the bars', 'advice': '', 'score': 8}",
    "in typographic quotes": "{\u201cevidence\u201d: \u201cthe bars\u201d, \u201cadvice\u201d:"
    " \u201c\u201d, \u201cscore\u201d: 8}",
    "in backticks": '{"evidence": `the bars`, "advice": ``, "score": 8}',
    "in three quotes": '{"evidence": """the bars""", "advice": "", "score": 8}',
    "with bare keys": '{evidence: "the bars", advice: "", score: 8}',
    "with comments": '{"evidence": "the bars", // they fit\n "advice": "", /* none */ "score": 8}',
    "with a number written oddly": '{"evidence": "the bars", "advice": "", "score": +08}',
    "with a needless escape": '{"evidence": "the b\\u0061rs", "advice": "", "score": 8, }',
    "twice": '{"evidence": "the bars", "advice": "", "score": 8}\n' * 2,
    "again and again, then cut off": '{"evidence": "the bars", "advice": "", "score": 8}\n' * 3
    + '{"evidence": "the b',
    "with much space behind it": '{"evidence": "the bars", "advice": "", "score": 8}' + "\n" * 9999,
    "with control codes around it": '\x1b[1m{"evidence": "the bars", "advice": "", "score": 8}\x00',
}

SAYS_MORE: dict[str, dict[str, object]] = {
    'He said: {"a": "call it "Sales" or so", "b": 1}': {"a": 'call it "Sales" or so', "b": 1},
    '{"a": "set title="x", then y", "b": 1}': {"a": 'set title="x", then y', "b": 1},
    "{'a': 'it's too small', 'b': 1}": {"a": "it's too small", "b": 1},
    '{"a": "two\nlines\tand \x07", "b": 1,}': {"a": "two\nlines\tand \x07", "b": 1},
    '{"a": "C:\\data\\_x \\\'y\\\'", "b": 1}': {"a": "C:\\data\\_x 'y'", "b": 1},
    '{"a": True, "b": None, "c": [1.5, -2e3, false,]}': {
        "a": True,
        "b": None,
        "c": [1.5, -2000.0, False],
    },
    '{"a": "\\ud83d\\ude00 \\ud800", "b": 1}': {"a": "\U0001f600 \ufffd", "b": 1},
    '{"a": "remove the </think> tag", "b": 1}': {"a": "remove the </think> tag", "b": 1},
    '{"a": ["say "hi" now", "x"]}': {"a": ['say "hi" now', "x"]},
    '{"code": "d = {\\"k\\": 1}\\nprint(d)", "b": {}}': {"code": 'd = {"k": 1}\nprint(d)', "b": {}},
}

CUT_OFF = [
    '{"evidence": "the bars", "advice": "use a lon',
    '{"evidence": "the bars", "score": 8',
    '{"scores": {"bugs": {"score": 8}, ',
    '{"evidence": "the bars", "advice": "',
    "```json\n{",
    '<think>I wonder. {"score": 8} would be',
    'As in {"score": 1}, I say: {"evidence": "the ba',
    '{"a": ' * 30,
]

NO_ANSWER = [
    "",
    "I can't judge this chart.",
    '{"score": 8, "score": 3}',
    '{"score": 8 / 10}',
    '{"score": NaN}',
    '{"score": ...}',
    '["score", 8]',
    "8",
    "{score}",
    '{"score": 8 "advice": "one line"}',
    '<think>{"score": 3} would be fair</think> I can not say.',
]

HOSTILE = {
    "brackets": "[" * 100_000,
    "braces": "{" * 1_000_000,
    "objects in objects": '{"a":' * 200_000,
    "lists in objects": '{"a":[' * 100_000,
    "ten megabytes": '{"a": "' + "x" * 10_000_000 + '"}',
    "ten megabytes in single quotes": "{'a': '" + "x" * 10_000_000 + "'}",
    "endless objects": '{"a": 1} ' * 100_000,
    "endless pairs": '{"a": "b", ' + '"a": "b", ' * 90_000,
    "endless words": "the chart the chart " * 100_000,
    "quotes": '{"a": "' + '"' * 900_000,
    "quotes and commas": '{"a": "' + '", "' * 200_000,
    "quotes and lines": '{"a": "' + '"' * 800 + ("\n" * 1000 + '"') * 800,
    "quotes and spaces": '{"a": "' + '"     ' * 150_000,
    "backslashes": '{"a": "' + "\\" * 900_000,
    "open comments": "{/*" * 300_000,
    "a long number": '{"a": ' + "1" * 900_000 + "}",
    "think tags": "<think>" * 100_000,
    "closing think tags": "</think>" * 100_000,
    "escapes": '{\\"a' * 150_000,
}


@pytest.mark.parametrize("reply", SAYS_IT.values(), ids=SAYS_IT.keys())
def test_the_answer_is_found_however_it_is_said(reply: str) -> None:
    extracted = lenient.extract(reply)

    assert not extracted.cut
    assert extracted.objects[-1].value == RIGHT


@pytest.mark.parametrize(("reply", "meant"), SAYS_MORE.items())
def test_what_is_nearly_json_means_what_it_says(reply: str, meant: dict[str, object]) -> None:
    (found,) = lenient.extract(reply).objects

    assert found.value == meant


@pytest.mark.parametrize("reply", CUT_OFF)
def test_an_answer_that_is_cut_off_is_never_closed_for_the_model(reply: str) -> None:
    extracted = lenient.extract(reply)

    assert extracted.cut
    assert extracted.problem


@pytest.mark.parametrize("reply", NO_ANSWER)
def test_what_could_mean_two_things_or_nothing_is_no_answer(reply: str) -> None:
    extracted = lenient.extract(reply)

    assert extracted.objects == ()
    assert not extracted.cut
    assert extracted.problem


@pytest.mark.parametrize("reply", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_answers_are_read_quickly_and_never_crash(reply: str) -> None:
    began = time.process_time()

    lenient.extract(reply)

    assert time.process_time() - began < 2


def test_a_problem_names_the_line_and_what_stands_there() -> None:
    extracted = lenient.extract('{"a": 1,\n "b": oops}')

    assert extracted.problem == "expected a value, found 'oops}' (line 2)"


def test_all_objects_come_in_order_and_tell_whether_they_were_mended() -> None:
    text = 'First {"a": 1}, better {"a": 2,}.'

    first, second = lenient.extract(text).objects

    assert (text[first.start : first.end], first.mended) == ('{"a": 1}', False)
    assert (text[second.start : second.end], second.mended) == ('{"a": 2,}', True)


def test_spans_point_at_values_without_their_quotes() -> None:
    text = 'So: {"bugs": {"score": 10, "advice": "none"}, "list": [true]}'
    (found,) = lenient.extract(text).objects

    spans = lenient.spans(text, found)

    assert {path: text[begin:end] for path, (begin, end) in spans.items()} == {
        ("bugs", "score"): "10",
        ("bugs", "advice"): "none",
        ("list", 0): "true",
    }
