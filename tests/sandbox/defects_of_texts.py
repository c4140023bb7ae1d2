"""Defects of titles, labels, ticks and legends."""

from __future__ import annotations

from tests.sandbox.defects import Defect, before_saving

WORDS = (
    Defect("title_missing", "bars", 'ax.set_title("Average horsepower by origin")', ""),
    Defect("title_missing", "bars", '"Average horsepower by origin")', '"Chart")'),
    Defect("title_missing", "bars", '"Average horsepower by origin")', '"My bar chart")'),
    Defect(
        "title_missing",
        "bars",
        '"Average horsepower by origin")',
        '"Average horsepower by origin", color="white")',
    ),
    Defect(
        "title_missing",
        "scatter",
        'per gallon")\nax.set_xlabel',
        'per gallon", alpha=0)\nax.set_xlabel',
    ),
    Defect(
        "title_missing",
        "scatter",
        'per gallon")\nax.set_xlabel',
        'per gallon", y=2)\nax.set_in_layout(False)\nax.set_xlabel',
    ),
    Defect(
        "title_missing",
        "scatter",
        'per gallon")\nax.set_xlabel',
        'per gallon").set_visible(False)\nax.set_xlabel',
    ),
    Defect("title_missing", "pandas_lines", 'title="Stock prices, 2000 to 2010", ', ""),
    Defect("title_missing", "pandas_bars", ', title="Mean tip by day"', ""),
    Defect("title_missing", "histogram", '"Distribution of total bills")', '"Histogram")'),
    before_saving("title_missing", "dark", 'ax.set_title("Figure 1")'),
    Defect("label_missing", "bars", 'ax.set_ylabel("Average horsepower (hp)")', ""),
    Defect("label_missing", "bars", 'ax.set_xlabel("Origin")', ""),
    Defect("label_missing", "pandas_bars", 'ax.set_ylabel("Mean tip (US$)")', ""),
    Defect("label_missing", "flat_bars", 'ax.set_xlabel("Number of airports")', ""),
    Defect("label_missing", "flat_bars", 'ax.set_ylabel("State")', ""),
    Defect("label_missing", "line", 'ax.set_ylabel("Employees (thousands)")', ""),
    Defect("label_missing", "lines", '"Price (US$)")', '"Price (US$)", color="#ffffff")'),
    Defect("label_missing", "scatter", 'ax.set_xlabel("Weight (lb)")', ""),
    Defect("label_missing", "scatter", '"Weight (lb)")', '" ")'),
    Defect("label_missing", "histogram", 'ax.set_xlabel("Total bill (US$)")', ""),
    Defect(
        "label_missing", "pandas_histogram", 'ax.set_ylabel("Number of days")', 'ax.set_ylabel("")'
    ),
    Defect(
        "label_missing", "small_multiples", 'panels[0].set_ylabel("Life expectancy (years)")', ""
    ),
    Defect("label_missing", "twin", 'other.set_ylabel("Mean wind (m/s)", color="firebrick")', ""),
    Defect("label_raw", "bars", '"Average horsepower (hp)"', '"mean_horsepower"'),
    Defect("label_raw", "scatter", '"Weight (lb)"', '"Weight_in_lbs"'),
    Defect("label_raw", "scatter", '"Fuel economy (miles per gallon)"', '"Miles_per_Gallon"'),
    Defect("label_raw", "colored_scatter", '"Petal length (cm)"', '"petalLength"'),
    Defect("label_raw", "labelled_lines", '"Life expectancy (years)"', '"lifeExp"'),
    Defect(
        "label_raw", "histogram", '"Distribution of total bills"', '"Distribution of total_bill"'
    ),
    Defect("label_raw", "pandas_grouped_bars", 'title="Sex"', 'title="sex_of_payer"'),
    Defect("label_raw", "scaled_scatter", 'label="Weight (lb)"', 'label="Weight_in_lbs"'),
    Defect("label_raw", "pandas_histogram", '"Maximum temperature (°C)"', '"temp_max"'),
    Defect(
        "label_raw",
        "line",
        'data["nonfarm"])',
        'data["nonfarm"], label="nonfarm_change")\nax.legend()',
    ),
    Defect("label_raw", "pandas_bars", '"Day"', "\"('day', 'mean')\""),
    before_saving("label_missing", "bars", 'ax.axis("off")'),
    before_saving("label_missing", "scatter", "ax.yaxis.set_visible(False)"),
    before_saving("label_missing", "grouped_bars", 'ax.set(ylabel="", yticks=[])'),
    before_saving(
        "title_missing",
        "histogram",
        "fig.add_artist(plt.Rectangle((0, 0.93), 1, 0.07, color='grey', zorder=9))",
    ),
)

LAYOUT = (
    Defect("ticks_overlap", "flat_bars", "figsize=(7, 5)", "figsize=(7, 1.5)"),
    Defect("ticks_overlap", "grouped_bars", 'rotation=20, ha="right")', "fontsize=17)"),
    Defect("ticks_overlap", "pandas_bars", "rot=0,", "rot=0, fontsize=40, figsize=(6, 6),"),
    Defect(
        "ticks_overlap",
        "error_bars",
        "ax.set_xlabel",
        'ax.set_xticks(range(3), ["cars made in Europe", "cars made in Japan", '
        '"cars made in the USA"], fontsize=16)\nax.set_xlabel',
    ),
    Defect("ticks_overlap", "pandas_flat_bars", "figsize=(7, 5)", "figsize=(7, 1.2)"),
    before_saving(
        "ticks_overlap",
        "line",
        'ax.set_xticks(data["month"][::4]); ax.xaxis.set_major_formatter("{x:%Y-%m}".format '
        "if False else __import__('matplotlib.dates').dates.DateFormatter('%Y-%m'))",
    ),
    before_saving("ticks_overlap", "histogram", "ax.set_xticks(np.arange(0, 51, 1))"),
    before_saving("ticks_overlap", "scatter", "ax.set_xticks(range(1600, 5200, 100))"),
    before_saving("text_clipped", "pandas_bars", 'ax.set_xlabel("Day", labelpad=40)'),
    Defect("text_clipped", "bars", ', layout="constrained"', ")\nplt.subplots_adjust(left=0.04"),
    Defect(
        "text_clipped", "flat_bars", ', layout="constrained")', ")\nfig.subplots_adjust(bottom=0)"
    ),
    Defect("text_clipped", "pandas_flat_bars", 'bbox_inches="tight", ', ""),
    Defect(
        "text_clipped",
        "labelled_lines",
        'continent, va="center"',
        'continent + " and all of its islands", va="center", in_layout=False',
    ),
    Defect(
        "text_clipped",
        "histogram",
        '"Distribution of total bills"',
        '"Distribution of the total bills that 244 parties paid in one restaurant over a few '
        'months in the early 1990s"',
    ),
    Defect("text_clipped", "stacked_bars", "plt.tight_layout()", ""),
)

LEGIBILITY = (
    Defect(
        "text_low_contrast",
        "bars",
        '"Average horsepower (hp)")',
        '"Average horsepower (hp)", color="#cccccc")',
    ),
    Defect(
        "text_low_contrast",
        "bars",
        '"Average horsepower by origin")',
        '"Average horsepower by origin", color="#d0d0d0")',
    ),
    Defect("text_low_contrast", "lines", '"Price (US$)")', '"Price (US$)", alpha=0.2)'),
    before_saving("text_low_contrast", "scatter", 'ax.tick_params(colors="lightgrey")'),
    before_saving("text_low_contrast", "line", 'ax.tick_params(axis="x", labelcolor="yellow")'),
    Defect(
        "text_low_contrast",
        "colored_scatter",
        'ax.legend(title="Species")',
        'ax.legend(title="Species", labelcolor="#dddddd")',
    ),
    Defect("text_low_contrast", "labelled_lines", 'va="center")', 'va="center", color="#cfcfcf")'),
    Defect("text_low_contrast", "dark", '"Continent")', '"Continent", color="#333333")'),
    Defect(
        "text_low_contrast",
        "pandas_histogram",
        '"Number of days")',
        '"Number of days", color="lightyellow")',
    ),
    Defect(
        "font_tiny", "bars", '"Average horsepower (hp)")', '"Average horsepower (hp)", fontsize=4)'
    ),
    Defect("font_tiny", "grouped_bars", 'ha="right")', 'ha="right", fontsize=3)'),
    Defect("font_tiny", "small_multiples", "figsize=(12, 3.6)", "figsize=(24, 8)"),
    Defect("font_tiny", "lines", 'title="Symbol")', 'title="Symbol", fontsize=5)'),
    before_saving("font_tiny", "scatter", "ax.tick_params(labelsize=4)"),
    Defect("font_tiny", "dark", "padding=3", "padding=3, fontsize=3.5"),
    Defect("font_tiny", "pandas_flat_bars", "figsize=(7, 5)", "figsize=(26, 18)"),
)
