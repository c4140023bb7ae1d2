"""Do once, before any fork, what every run would do first: imports, fonts, text layout."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import suite_pytest

FONT_CACHE = "/opt/mplconfig"
# TMPDIR is set only where /tmp is not the sandbox's own.
WRITABLE = f"{os.environ.get('TMPDIR', '/tmp')}/mplconfig"  # noqa: S108 - as said
DRAFT = """
import io
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

rows = "day,place,amount\\n2024-01-01,a,1.5\\n2024-01-02,b,2.5\\n2024-02-01,a,3.5\\n"
table = pd.read_csv(io.StringIO(rows), parse_dates=["day"])
means = table.groupby("place")["amount"].mean().sort_values()
figure, (left, right) = plt.subplots(1, 2)
left.bar(means.index, means.to_numpy(), label="mean")
left.legend(title="kind")
right.plot(table["day"], table["amount"], label="amount")
right.scatter(table["day"], table["amount"])
right.set(title="Amount", xlabel="Day", ylabel="Amount")
right.tick_params(axis="x", labelrotation=45)
figure.tight_layout()
figure.savefig(io.BytesIO(), format="png")
plt.close("all")
"""


def warm_up() -> None:
    """Draw a throw-away chart the way a draft would. Leaves nothing in the writable places.

    pytest is imported for those that come with tests: that takes a tenth of what drawing does.
    """
    suite_pytest.warm_up()
    lend_font_cache()
    try:
        exec(compile(DRAFT, "warm-up", "exec"), {})
    finally:
        shutil.rmtree(WRITABLE, ignore_errors=True)


def lend_font_cache() -> None:
    """Copy the image's font list to where matplotlib may write.

    matplotlib takes no list from a folder that it can't write to, and looks at every font instead.
    """
    baked = Path(os.environ.get("MPLCONFIGDIR") or FONT_CACHE)
    os.environ["MPLCONFIGDIR"] = WRITABLE
    if baked.is_dir() and str(baked) != WRITABLE:
        shutil.copytree(baked, WRITABLE, dirs_exist_ok=True)
