"""What a draft's text alone says: mistakes that linters know, types, complexity.

Nothing is executed and nothing lies in a file. It runs before the first program is started: the
tools are of the same user as the draft, and are safe from it only while it does not live.
"""

from __future__ import annotations

from collections.abc import Mapping

import check_code_complexity
import check_code_lint
import check_code_types
from code_request import read_code_request
from findings import Checked


def check(request: Mapping[str, object]) -> Checked:
    """Run those checks that the rubric asks for."""
    asked = read_code_request(request)
    checked: list[Checked] = []
    if asked.wants(check_code_lint.CODE):
        checked.append(check_code_lint.check(asked))
    if asked.wants(check_code_types.CODE):
        checked.append(check_code_types.check(asked))
    if asked.wants(*check_code_complexity.CODES):
        checked.append(check_code_complexity.check(asked))
    return Checked(
        findings=tuple(finding for one in checked for finding in one.findings),
        codes=tuple(code for one in checked for code in one.codes),
        failed=tuple(why for one in checked for why in one.failed),
    )
