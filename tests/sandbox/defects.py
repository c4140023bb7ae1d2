"""Defects to put into clean charts, one at a time: each is a small edit of the chart's program."""

from __future__ import annotations

from dataclasses import dataclass

_SAVE = "plt.savefig("


@dataclass(frozen=True)
class Defect:
    """Replace ``old`` by ``new`` in a clean chart, and ``code`` must be found."""

    code: str
    chart: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """What a test report calls it."""
        return f"{self.code}-{self.chart}-{' '.join(self.new.split())[:40]}"


def _before_saving(code: str, chart: str, extra: str) -> Defect:
    return Defect(code, chart, _SAVE, f"{extra}\n{_SAVE}")


DRAWN = (
    _before_saving("blank_image", "bars", 'plt.close("all"); plt.figure()'),
    _before_saving("blank_image", "pandas_lines", "plt.clf()"),
    _before_saving("blank_image", "scatter", "fig.clear()"),
    _before_saving("blank_image", "histogram", 'ax.clear(); ax.axis("off")'),
    _before_saving("empty_axes", "bars", "fig.add_subplot(4, 4, 16)"),
    _before_saving("empty_axes", "scatter", 'plt.clf(); plt.title("Cars"); plt.xlabel("x")'),
    _before_saving("empty_axes", "line", "ax.set_xlim(0, 100)"),
    _before_saving("empty_axes", "lines", "ax.set_ylim(5000, 6000)"),
    Defect("empty_axes", "bars", 'color="steelblue"', 'color="steelblue", alpha=0'),
    Defect("empty_axes", "colored_scatter", "s=18", "s=0"),
    Defect("empty_axes", "histogram", 'edgecolor="white"', 'color="white"'),
    Defect("empty_axes", "line", "/ 1000)", "/ 1000, linewidth=0)"),
    _before_saving("empty_axes", "small_multiples", "panels[2].lines[0].remove()"),
    Defect("nan_data", "bars", "power.values", "power.values * 0"),
    Defect("nan_data", "bars", "power.values", "power.values * np.nan"),
    Defect("nan_data", "flat_bars", "top.values", "top.values * 0.0"),
    Defect(
        "nan_data", "lines", 'rows["price"]', 'rows["price"] * (np.nan if symbol == "IBM" else 1)'
    ),
    Defect("nan_data", "line", 'data["nonfarm"]', 'data["nonfarm"].where(data["nonfarm"] < 0)'),
    Defect("nan_data", "scatter", 'data["Miles_per_Gallon"]', 'data["Weight_in_lbs"] * np.nan'),
    Defect("nan_data", "grouped_bars", "table[1932]", "table[1932] * np.nan"),
    Defect("nan_data", "pandas_grouped_bars", "ax = table", 'table["Male"] = 0\nax = table'),
    Defect("nan_data", "histogram", "bins=20", "bins=20, range=(-50, -20)"),
)

TYPE = (
    Defect(
        "line_on_nominal",
        "bars",
        'ax.bar(power.index, power.values, color="steelblue")',
        "ax.plot(power.index, power.values)",
    ),
    Defect(
        "line_on_nominal",
        "pandas_bars",
        'groupby("day")["tip"].mean().plot.bar(rot=0,',
        'groupby("smoker")["tip"].mean().rename({"No": "Thin", "Yes": "Smoke"})'
        '.reindex(["Thin", "Smoke", "Other"]).fillna(3).plot.line(',
    ),
    Defect(
        "line_on_nominal",
        "error_bars",
        "ax.bar(groups.mean().index, groups.mean(), yerr=groups.sem(), capsize=4)",
        'ax.plot(range(3), groups.mean(), "o-"); ax.set_xticks(range(3), list(groups.groups))',
    ),
    Defect(
        "line_on_nominal",
        "pandas_grouped_bars",
        "table.plot.bar(rot=0,",
        'data.pivot_table(index="time", columns="sex", values="tip").rename('
        '{"Dinner": "Bar", "Lunch": "Hall"}).reindex(["Bar", "Hall", "Yard"]).fillna(3).plot.line(',
    ),
    Defect(
        "line_on_nominal",
        "grouped_bars",
        'ax.bar(places - 0.2, table[1931], width=0.4, label="1931")\n'
        'ax.bar(places + 0.2, table[1932], width=0.4, label="1932")',
        'ax.plot(places, table[1931], label="1931")\nax.step(places, table[1932], label="1932")',
    ),
    Defect("too_many_categories", "flat_bars", "head(10)", "head(45)"),
    Defect(
        "too_many_categories",
        "pandas_flat_bars",
        'groupby("variety")',
        'groupby(data["variety"] + " at " + data["site"])',
    ),
    Defect(
        "too_many_categories",
        "bars",
        'data.groupby("Origin")',
        'data.groupby(data["Name"].str[:5])',
    ),
    Defect(
        "too_many_categories",
        "pie",
        'data["Origin"].value_counts()',
        'data["Name"].str.split().str[0].value_counts().head(9)',
    ),
    Defect("too_many_categories", "boxes", 'groupby("species")', "groupby(data.index // 2)"),
    Defect("too_many_categories", "grouped_bars", 'index="site"', 'index=["site", "variety"]'),
)

ENCODING = (
    _before_saving("baseline_truncated", "bars", "ax.set_ylim(70, 130)"),
    _before_saving("baseline_truncated", "pandas_bars", "ax.set_ylim(bottom=2)"),
    _before_saving("baseline_truncated", "flat_bars", "ax.set_xlim(50, 300)"),
    _before_saving("baseline_truncated", "pandas_flat_bars", "ax.set_xlim(25, 45)"),
    _before_saving("baseline_truncated", "grouped_bars", "ax.set_ylim(15, 60)"),
    _before_saving("baseline_truncated", "stacked_bars", "ax.set_ylim(20000, 60000)"),
    _before_saving("baseline_truncated", "histogram", "ax.set_ylim(5, 60)"),
    _before_saving("baseline_truncated", "pandas_histogram", "ax.set_ylim(bottom=20)"),
    _before_saving("baseline_truncated", "area", "ax.set_ylim(20000, 60000)"),
    Defect("baseline_truncated", "bars", 'color="steelblue"', "bottom=70"),
    Defect(
        "baseline_truncated",
        "year_bars",
        "total.values, width=3.5",
        "total.values - 2, width=3.5, bottom=2",
    ),
    Defect("legend_missing", "lines", 'ax.legend(title="Symbol")', ""),
    Defect(
        "legend_missing", "pandas_lines", 'ax.legend(title="Symbol")', "ax.get_legend().remove()"
    ),
    Defect("legend_missing", "grouped_bars", 'ax.legend(title="Year")', ""),
    Defect(
        "legend_missing",
        "pandas_grouped_bars",
        'ax.legend(title="Sex")',
        "ax.get_legend().set_visible(False)",
    ),
    Defect(
        "legend_missing",
        "stacked_bars",
        'ax.legend(title="Source", loc="lower left")',
        "ax.legend_ = None",
    ),
    Defect(
        "legend_missing",
        "labelled_lines",
        'ax.text(2008, table[continent].iloc[-1], continent, va="center")',
        "pass",
    ),
    Defect("legend_missing", "colored_scatter", 'ax.legend(title="Species")', ""),
    Defect(
        "legend_missing",
        "colored_scatter",
        'ax.legend(title="Species")',
        'ax.legend(title="Species", labelcolor="white", title_fontproperties={"size": 9})',
    ),
    Defect("legend_missing", "scaled_scatter", 'fig.colorbar(points, label="Weight (lb)")', ""),
    Defect("legend_missing", "two_histograms", "ax.legend()", ""),
    Defect("legend_missing", "area", 'ax.legend(loc="lower left")', ""),
)

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
    _before_saving("title_missing", "dark", 'ax.set_title("Figure 1")'),
    Defect("label_missing", "bars", 'ax.set_ylabel("Average horsepower (hp)")', ""),
    Defect("label_missing", "bars", 'ax.set_xlabel("Origin")', ""),
    Defect("label_missing", "pandas_bars", 'ax.set_ylabel("Mean tip (US$)")', ""),
    Defect("label_missing", "flat_bars", 'ax.set_xlabel("Number of airports")', ""),
    Defect("label_missing", "flat_bars", 'ax.set_ylabel("State")', ""),
    Defect("label_missing", "line", 'ax.set_ylabel("Employees (millions)")', ""),
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
    Defect("label_raw", "line", "/ 1000)", '/ 1000, label="nonfarm_change")\nax.legend()'),
    Defect("label_raw", "pandas_bars", '"Day"', "\"('day', 'mean')\""),
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
    _before_saving(
        "ticks_overlap",
        "line",
        'ax.set_xticks(data["month"][::4]); ax.xaxis.set_major_formatter("{x:%Y-%m}".format '
        "if False else __import__('matplotlib.dates').dates.DateFormatter('%Y-%m'))",
    ),
    _before_saving("ticks_overlap", "histogram", "ax.set_xticks(np.arange(0, 51, 1))"),
    _before_saving("ticks_overlap", "scatter", "ax.set_xticks(range(1600, 5200, 100))"),
    _before_saving("text_clipped", "pandas_bars", 'ax.set_xlabel("Day", labelpad=40)'),
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
    _before_saving("text_low_contrast", "scatter", 'ax.tick_params(colors="lightgrey")'),
    _before_saving("text_low_contrast", "line", 'ax.tick_params(axis="x", labelcolor="yellow")'),
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
    _before_saving("font_tiny", "scatter", "ax.tick_params(labelsize=4)"),
    Defect("font_tiny", "dark", "padding=3", "padding=3, fontsize=3.5"),
    Defect("font_tiny", "pandas_flat_bars", "figsize=(7, 5)", "figsize=(26, 18)"),
)

DEFECTS = (*DRAWN, *TYPE, *ENCODING, *WORDS, *LAYOUT, *LEGIBILITY)
