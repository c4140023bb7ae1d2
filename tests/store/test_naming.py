"""Names in programs that may hold a value."""

from __future__ import annotations

import pytest

from critique_loop.store.masking import masked_program

COLUMNS = {"Name", "Salary"}


@pytest.mark.parametrize(
    "code",
    [
        "Ada_Lovelace = 1\n",
        "x = df.Ada_Lovelace\n",
        "x = df.Ada_Lovelace.mean()\n",
        "def Ada_Lovelace(x):\n    pass\n",
        "class Ada_Lovelace:\n    pass\n",
        "def f(x, *, Ada_Lovelace=1):\n    pass\n",
        "x = dict(Ada_Lovelace=1)\n",
        "x = df.assign(Ada_Lovelace=1)\n",
        "import Ada_Lovelace\n",
        "import numpy as Ada_Lovelace\n",
        "from Ada_Lovelace.bob import x\n",
        "def f():\n    global Ada_Lovelace\n",
        "try:\n    x\nexcept ValueError as Ada_Lovelace:\n    pass\n",
        "match x:\n    case {'a': 1, **Ada_Lovelace}:\n        pass\n",
        "match x:\n    case y.B(Ada_Lovelace=1):\n        pass\n",
        "class B(Ada_Lovelace=1):\n    pass\n",
        "f(lambda Ada_Lovelace: 1)\n",
    ],
)
def test_names_made_of_values_that_nobody_lists_go(code: str) -> None:
    left = masked_program(code, COLUMNS, texts=True)

    assert "Ada" not in left
    assert "redacted_identifier_1" in left
    assert masked_program(left, COLUMNS, texts=True) == left
    compile(left, "left", "exec")


def test_the_same_name_is_replaced_by_the_same() -> None:
    left = masked_program("Ada = 1\nBob = Ada\nprint(Ada, df.Ada)\n", (), texts=True)

    assert left == (
        "redacted_identifier_1 = 1\nredacted_identifier_2 = redacted_identifier_1\n"
        "print(redacted_identifier_1, df.redacted_identifier_1)\n"
    )


def test_names_of_columns_and_libraries_stay() -> None:
    code = (
        "import pandas as pd\nimport matplotlib.pyplot as plt\n"
        "from matplotlib.ticker import FuncFormatter\n"
        "df = pd.DataFrame()\nfig, ax = plt.subplots(figsize=(8, 5))\n"
        "ax.bar(df.Name, df.Salary.mean(), zorder=3)\nax.spines[0].set_visible(False)\n"
        "ax.yaxis.set_major_formatter(FuncFormatter(str))\n"
    )

    assert masked_program(code, COLUMNS, texts=True) == code


def test_only_names_with_long_numbers_go_where_numbers_go() -> None:
    code = "salary_83127 = Ada.s_83_127\nAda12 = salary_83127\n"

    left = masked_program(code, (), texts=False)

    assert left == (
        "redacted_identifier_1 = Ada.redacted_identifier_2\nAda12 = redacted_identifier_1\n"
    )


def test_new_names_are_none_that_the_program_has() -> None:
    left = masked_program("redacted_identifier_1 = 1\nAda = 2\n", (), texts=True)

    assert left == "redacted_identifier_1 = 1\nredacted_identifier_2 = 2\n"
