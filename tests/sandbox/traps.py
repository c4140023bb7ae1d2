"""Sound charts that look like a defect, and a defect of another code each must not be taken for."""

from __future__ import annotations

from dataclasses import dataclass

_NAMED = 'plt.title("Yield by site"); plt.xlabel("Site"); plt.ylabel("Yield")\n'
_YEARS = "years = np.arange(2000, 2012); rise = np.arange(12) + 3.0\n"
_DAYS = 'days = pd.date_range("2020-01-01", periods=40)\n'


@dataclass(frozen=True)
class Trap:
    """A few lines that draw a chart, and why it is sound."""

    why: str
    snippet: str


TRAPS = (
    Trap(
        "bars drawn one by one in their own colours stand at named places",
        "for name in ['Oslo', 'Rome', 'Bonn']: plt.bar(name, len(name))\n" + _NAMED,
    ),
    Trap(
        "one line stands out before a grey ground of others",
        _YEARS + "for k in range(8): plt.plot(years, rise * k, color='lightgrey')\n"
        "plt.plot(years, rise * 4.5, color='darkred')\n" + _NAMED,
    ),
    Trap(
        "weekdays have an order",
        "plt.plot(['Mon', 'Tue', 'Wed', 'Thu'], [3, 4, 2, 5])\n" + _NAMED,
    ),
    Trap(
        "age groups have an order",
        "plt.plot(['under 18', '18 to 24', '25 to 64', '65+'], [3, 4, 2, 5])\n" + _NAMED,
    ),
    Trap("bars below zero have their base at zero", "plt.bar(['u', 'v'], [-3, -5])\n" + _NAMED),
    Trap(
        "bars of a schedule have no common base",
        "plt.barh(['Dig', 'Lay', 'Test'], [3, 2, 4], left=[10, 13, 15])\n" + _NAMED,
    ),
    Trap(
        "the upper parts of stacked bars stand on the lower ones",
        "plt.bar(['u', 'v'], [30, 50], label='One')\n"
        "plt.bar(['u', 'v'], [9, 8], bottom=[30, 50], label='Two'); plt.legend()\n" + _NAMED,
    ),
    Trap(
        "a logarithmic axis has no zero",
        "plt.bar(['u', 'v'], [30, 5000], log=True); plt.ylim(10, 10000)\n" + _NAMED,
    ),
    Trap(
        "lines need not start at zero",
        _YEARS + "plt.plot(years, rise + 100)\n" + _NAMED,
    ),
    Trap(
        "forty days are no categories",
        _DAYS + "plt.bar(days, range(1, 41)); plt.gcf().autofmt_xdate()\n" + _NAMED,
    ),
    Trap(
        "forty years as bars have an order",
        "plt.figure(figsize=(12, 5))\n"
        "years = pd.Series(range(1, 41), index=range(1970, 2010)); years.plot.bar()\n"
        + _NAMED
        + "plt.tight_layout()",
    ),
    Trap(
        "dates explain themselves",
        _DAYS + "plt.plot(days, range(40)); plt.gcf().autofmt_xdate()\n"
        'plt.title("Visitors in 2020"); plt.ylabel("Visitors a day")',
    ),
    Trap(
        "a y label above the plot is a y label",
        _YEARS + "plt.plot(years, rise)\n"
        'plt.title("Rain over the years", loc="left", y=1.08); plt.xlabel("Year")\n'
        'plt.text(0, 1.02, "Rain (mm)", transform=plt.gca().transAxes)',
    ),
    Trap(
        "values on the bars replace their axis",
        "fig, ax = plt.subplots(); ax.bar_label(ax.bar(['u', 'v'], [3, 5]))\n"
        "ax.yaxis.set_visible(False)\n"
        'ax.set_title("Yield by site (t)"); ax.set_xlabel("Site")',
    ),
    Trap(
        "panels share the labels at the edge of the figure",
        "fig, grid = plt.subplots(2, 2, layout='constrained')\n"
        "for ax in grid.flat: ax.plot([1, 2, 3])\n"
        'fig.suptitle("Growth in four labs"); fig.supxlabel("Step"); fig.supylabel("Size (mm)")',
    ),
    Trap(
        "an unused panel that is switched off is no plot",
        "fig, (ax, rest) = plt.subplots(1, 2, layout='constrained'); rest.axis('off')\n"
        'ax.plot([1, 2, 3]); ax.set(title="Growth in a lab", xlabel="Step", ylabel="Size (mm)")',
    ),
    Trap(
        "three small points are data",
        "plt.scatter([1, 2, 3], [3, 1, 2], s=3)\n" + _NAMED,
    ),
    Trap(
        "white bars with dark edges are seen",
        "plt.bar(['u', 'v'], [3, 5], color='white', edgecolor='black')\n" + _NAMED,
    ),
    Trap(
        "turned tick labels do not overlap although boxes around them would",
        "names = [f'Station {name}' for name in 'ABCDEFGHIJKLMN']\n"
        "plt.bar(names, range(1, 15)); plt.xticks(rotation=45, ha='right'); plt.tight_layout()\n"
        + _NAMED
        + "plt.tight_layout()",
    ),
    Trap(
        "pandas writes months and years on two lines",
        'when = pd.date_range("2019-01-31", periods=18, freq="ME")\n'
        'pd.Series(range(18), index=when).plot(title="Stock at the end of each month")\n'
        'plt.ylabel("Boxes in stock"); plt.xlabel("Month"); plt.tight_layout()',
    ),
    Trap(
        "a note outside the limits is not drawn at all",
        "plt.plot([1, 2, 3]); plt.annotate('far away', (900, 900)); plt.xlim(0, 3)\n" + _NAMED,
    ),
    Trap(
        "a picture cropped to its content cuts off nothing",
        "plt.bar(['u', 'v'], [3, 5])\n"
        + _NAMED
        + 'plt.xlabel("Site", labelpad=60); plt.savefig("chart.png", bbox_inches="tight")',
    ),
    Trap(
        "white figures on dark cells are readable",
        "plt.imshow([[1, 9], [9, 1]], cmap='gray')\n"
        "for at, ink in ((0, 'white'), (1, 'black')): plt.text(at, 0, '17', color=ink)\n" + _NAMED,
    ),
    Trap(
        "a large picture with large letters is readable",
        "plt.rcParams['font.size'] = 24; plt.figure(figsize=(24, 16))\n"
        "plt.bar(['u', 'v'], [3, 5])\n" + _NAMED,
    ),
    Trap(
        "a title in a formula or with units is not raw",
        "plt.plot([1, 2, 3]); plt.title('Energy $E_{kin}$ per day'); plt.xlabel('Power (kWh)')\n"
        "plt.ylabel('$x_1$')",
    ),
    Trap(
        "a line that carries an average is explained by the plot",
        "plt.scatter(range(9), range(9)); plt.plot([0, 8], [4, 4])\n" + _NAMED,
    ),
    Trap(
        "points coloured by a scale have a colour bar",
        "plt.scatter(range(9), range(9), c=range(9)); plt.colorbar(label='Depth (m)')\n" + _NAMED,
    ),
    Trap(
        "two axes tell two lines apart",
        "fig, ax = plt.subplots(layout='constrained'); ax.plot([1, 2, 3]); other = ax.twinx()\n"
        "other.plot([5, 4, 3], color='darkred'); other.set_ylabel('Wind (m/s)', color='darkred')\n"
        'ax.set(title="Rain and wind", xlabel="Hour", ylabel="Rain (mm)")',
    ),
)
