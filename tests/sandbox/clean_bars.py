"""Charts of bars over real tables that nothing is wrong with, made as people make them."""

from __future__ import annotations

from tests.sandbox.charts import Chart, clean_chart

BARS: dict[str, Chart] = {
    "bars": clean_chart(
        "cars.csv",
        "Average horsepower by origin",
        """
        power = data.groupby("Origin")["Horsepower"].mean()
        fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
        ax.bar(power.index, power.values, color="steelblue")
        ax.set_title("Average horsepower by origin")
        ax.set_xlabel("Origin")
        ax.set_ylabel("Average horsepower (hp)")
        """,
    ),
    "pandas_bars": clean_chart(
        "tips.csv",
        "Mean tip by day",
        """
        ax = data.groupby("day")["tip"].mean().plot.bar(rot=0, title="Mean tip by day")
        ax.set_xlabel("Day")
        ax.set_ylabel("Mean tip (US$)")
        """,
    ),
    "flat_bars": clean_chart(
        "airports.csv",
        "The ten states with the most airports",
        """
        top = data["state"].value_counts().head(10)[::-1]
        fig, ax = plt.subplots(figsize=(7, 5), layout="constrained")
        ax.barh(top.index, top.values)
        ax.set_title("The ten states with the most airports")
        ax.set_xlabel("Number of airports")
        ax.set_ylabel("State")
        """,
    ),
    "pandas_flat_bars": clean_chart(
        "barley.csv",
        "Mean yield by variety",
        """
        mean = data.groupby("variety")["yield"].mean().sort_values()
        ax = mean.plot(kind="barh", figsize=(7, 5), legend=False)
        ax.set(title="Mean barley yield by variety", xlabel="Mean yield", ylabel="Variety")
        """,
        'plt.savefig("chart.png", bbox_inches="tight", dpi=120)\n',
    ),
    "grouped_bars": clean_chart(
        "barley.csv",
        "Mean yield by site and year",
        """
        table = data.pivot_table(index="site", columns="year", values="yield", aggfunc="mean")
        places = np.arange(len(table))
        fig, ax = plt.subplots(figsize=(9, 5), layout="constrained")
        ax.bar(places - 0.2, table[1931], width=0.4, label="1931")
        ax.bar(places + 0.2, table[1932], width=0.4, label="1932")
        ax.set_xticks(places, table.index, rotation=20, ha="right")
        ax.set_title("Mean barley yield by site and year")
        ax.set_xlabel("Site")
        ax.set_ylabel("Mean yield")
        ax.legend(title="Year")
        """,
    ),
    "pandas_grouped_bars": clean_chart(
        "tips.csv",
        "Mean total bill by day and sex",
        """
        table = data.pivot_table(index="day", columns="sex", values="total_bill", aggfunc="mean")
        ax = table.plot.bar(rot=0, figsize=(7, 4.5))
        ax.set(title="Mean bill by day and sex", xlabel="Day", ylabel="Mean bill (US$)")
        ax.legend(title="Sex")
        """,
    ),
    "stacked_bars": clean_chart(
        "electricity.csv",
        "Net generation by year and source",
        """
        data["year"] = pd.to_datetime(data["year"]).dt.year
        table = data.pivot(index="year", columns="source", values="net_generation")
        ax = table.plot.bar(stacked=True, figsize=(9, 5))
        ax.set(title="Net generation by source", xlabel="Year", ylabel="Net generation (GWh)")
        ax.legend(title="Source", loc="lower left")
        plt.tight_layout()
        """,
    ),
    "year_bars": clean_chart(
        "gapminder.csv",
        "World population by year",
        """
        total = data.groupby("year")["pop"].sum() / 1e9
        fig, ax = plt.subplots(layout="constrained")
        ax.bar(total.index, total.values, width=3.5)
        ax.set_title("World population")
        ax.set_ylabel("Population (billions)")
        """,
    ),
    "error_bars": clean_chart(
        "cars.csv",
        "Mean acceleration by origin",
        """
        groups = data.groupby("Origin")["Acceleration"]
        fig, ax = plt.subplots(layout="constrained")
        ax.bar(groups.mean().index, groups.mean(), yerr=groups.sem(), capsize=4)
        ax.set_title("Mean acceleration by origin, with standard errors")
        ax.set_xlabel("Origin")
        ax.set_ylabel("Time to 60 mph (s)")
        """,
    ),
    "dark": clean_chart(
        "gapminder.csv",
        "Countries in each continent",
        """
        plt.style.use("dark_background")
        count = data.groupby("continent")["country"].nunique().sort_values()
        fig, ax = plt.subplots(layout="constrained")
        bars = ax.barh(count.index, count.values)
        ax.bar_label(bars, padding=3)
        ax.set_title("Number of countries in each continent")
        ax.set_xlabel("Number of countries")
        ax.set_ylabel("Continent")
        """,
    ),
    "twin": clean_chart(
        "weather.csv",
        "Monthly precipitation and mean wind",
        """
        month = pd.to_datetime(data["date"]).dt.month
        rain = data.groupby(month)["precipitation"].mean()
        wind = data.groupby(month)["wind"].mean()
        fig, ax = plt.subplots(layout="constrained")
        ax.bar(rain.index, rain.values, color="lightsteelblue")
        ax.set_title("Rain and wind in Seattle through the year")
        ax.set_xlabel("Month")
        ax.set_ylabel("Mean daily precipitation (mm)")
        other = ax.twinx()
        other.plot(wind.index, wind.values, color="firebrick")
        other.set_ylabel("Mean wind (m/s)", color="firebrick")
        other.set_ylim(0, None)
        """,
    ),
}
