"""Defects of what is drawn: no data, the wrong mark, lengths that lie, series without names."""

from __future__ import annotations

from tests.sandbox.defects import Defect, before_saving

DRAWN = (
    before_saving("blank_image", "bars", 'plt.close("all"); plt.figure()'),
    before_saving("blank_image", "pandas_lines", "plt.clf()"),
    before_saving("blank_image", "scatter", "fig.clear()"),
    before_saving("blank_image", "histogram", 'ax.clear(); ax.axis("off")'),
    before_saving("empty_axes", "bars", "fig.add_subplot(4, 4, 16)"),
    before_saving("empty_axes", "scatter", 'plt.clf(); plt.title("Cars"); plt.xlabel("x")'),
    before_saving("empty_axes", "line", "ax.set_xlim(0, 100)"),
    before_saving("empty_axes", "lines", "ax.set_ylim(5000, 6000)"),
    Defect("empty_axes", "bars", 'color="steelblue"', 'color="steelblue", alpha=0'),
    Defect("empty_axes", "colored_scatter", "s=18", "s=0"),
    Defect("empty_axes", "histogram", 'edgecolor="white"', 'color="white"'),
    Defect("empty_axes", "line", 'data["nonfarm"])', 'data["nonfarm"], linewidth=0)'),
    before_saving(
        "empty_axes",
        "colored_scatter",
        "fig.add_artist(plt.Rectangle((0, 0), 1, 1, color='white', zorder=9))",
    ),
    before_saving("empty_axes", "small_multiples", "panels[2].lines[0].remove()"),
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
    before_saving("baseline_truncated", "bars", "ax.set_ylim(70, 130)"),
    before_saving("baseline_truncated", "pandas_bars", "ax.set_ylim(bottom=2)"),
    before_saving("baseline_truncated", "flat_bars", "ax.set_xlim(50, 300)"),
    before_saving("baseline_truncated", "pandas_flat_bars", "ax.set_xlim(25, 45)"),
    before_saving("baseline_truncated", "grouped_bars", "ax.set_ylim(15, 60)"),
    before_saving("baseline_truncated", "stacked_bars", "ax.set_ylim(20000, 60000)"),
    before_saving("baseline_truncated", "histogram", "ax.set_ylim(5, 60)"),
    before_saving("baseline_truncated", "pandas_histogram", "ax.set_ylim(bottom=20)"),
    before_saving("baseline_truncated", "area", "ax.set_ylim(20000, 60000)"),
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
    Defect("legend_missing", "pie", "labels=list(count.index), ", ""),
    Defect("legend_missing", "lines", "label=symbol)", 'color="grey")'),
    Defect("legend_missing", "labelled_lines", "continent, va=", '"Asia"[:0], va='),
    Defect(
        "legend_missing",
        "small_multiples",
        "mean.values)",
        "mean.values); ax.plot(mean.index, 80 - mean.values)",
    ),
)
