"""Charts of lines, points and areas over real tables that nothing is wrong with."""

from __future__ import annotations

from tests.sandbox.charts import Chart, clean_chart

MARKS: dict[str, Chart] = {
    "line": clean_chart(
        "employment.csv",
        "Nonfarm employment over time",
        """
        data["month"] = pd.to_datetime(data["month"])
        fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
        ax.plot(data["month"], data["nonfarm"])
        ax.set_title("Nonfarm employment in the United States")
        ax.set_ylabel("Employees (thousands)")
        """,
    ),
    "lines": clean_chart(
        "stocks.csv",
        "Price of each stock over time",
        """
        data["date"] = pd.to_datetime(data["date"])
        fig, ax = plt.subplots(figsize=(9, 5), layout="constrained")
        for symbol, rows in data.groupby("symbol"):
            ax.plot(rows["date"], rows["price"], label=symbol)
        ax.set_title("Stock prices, 2000 to 2010")
        ax.set_ylabel("Price (US$)")
        ax.legend(title="Symbol")
        """,
    ),
    "pandas_lines": clean_chart(
        "stocks.csv",
        "Price of each stock over time",
        """
        data["date"] = pd.to_datetime(data["date"])
        ax = data.pivot(index="date", columns="symbol", values="price").plot(figsize=(9, 5))
        ax.set(title="Stock prices, 2000 to 2010", xlabel="Month", ylabel="Price (US$)")
        ax.legend(title="Symbol")
        """,
    ),
    "labelled_lines": clean_chart(
        "gapminder.csv",
        "Mean life expectancy by continent over the years",
        """
        table = data.pivot_table(index="year", columns="continent", values="lifeExp")
        fig, ax = plt.subplots(figsize=(9, 5), layout="constrained")
        for continent in table.columns:
            line, = ax.plot(table.index, table[continent])
            ax.text(2008, table[continent].iloc[-1], continent, va="center")
        ax.set_xlim(1950, 2017)
        ax.set_title("Mean life expectancy by continent")
        ax.set_xlabel("Year")
        ax.set_ylabel("Life expectancy (years)")
        """,
    ),
    "weekday_line": clean_chart(
        "tips.csv",
        "Number of parties by day",
        """
        count = data["day"].value_counts().reindex(["Thur", "Fri", "Sat", "Sun"])
        fig, ax = plt.subplots(layout="constrained")
        ax.plot(count.index, count.values, marker="o")
        ax.set_ylim(0, None)
        ax.set_title("Parties served by day of the week")
        ax.set_ylabel("Number of parties")
        """,
    ),
    "scatter": clean_chart(
        "cars.csv",
        "Fuel economy against weight",
        """
        fig, ax = plt.subplots(layout="constrained")
        ax.scatter(data["Weight_in_lbs"], data["Miles_per_Gallon"], s=14, alpha=0.6)
        ax.set_title("Heavier cars drive fewer miles per gallon")
        ax.set_xlabel("Weight (lb)")
        ax.set_ylabel("Fuel economy (miles per gallon)")
        """,
    ),
    "colored_scatter": clean_chart(
        "iris.csv",
        "Petal width against petal length by species",
        """
        fig, ax = plt.subplots(layout="constrained")
        for species, rows in data.groupby("species"):
            ax.scatter(rows["petalLength"], rows["petalWidth"], label=species, s=18)
        ax.set_title("Iris petals by species")
        ax.set_xlabel("Petal length (cm)")
        ax.set_ylabel("Petal width (cm)")
        ax.legend(title="Species")
        """,
    ),
    "scaled_scatter": clean_chart(
        "cars.csv",
        "Fuel economy against horsepower, coloured by weight",
        """
        fig, ax = plt.subplots(layout="constrained")
        points = ax.scatter(data["Horsepower"], data["Miles_per_Gallon"], c=data["Weight_in_lbs"])
        fig.colorbar(points, label="Weight (lb)")
        ax.set_title("Fuel economy, horsepower and weight of cars")
        ax.set_xlabel("Horsepower (hp)")
        ax.set_ylabel("Fuel economy (miles per gallon)")
        """,
    ),
    "histogram": clean_chart(
        "tips.csv",
        "Distribution of total bills",
        """
        fig, ax = plt.subplots(layout="constrained")
        ax.hist(data["total_bill"], bins=20, edgecolor="white")
        ax.set_title("Distribution of total bills")
        ax.set_xlabel("Total bill (US$)")
        ax.set_ylabel("Number of parties")
        """,
    ),
    "pandas_histogram": clean_chart(
        "weather.csv",
        "Distribution of maximum temperatures",
        """
        ax = data["temp_max"].plot.hist(bins=15, figsize=(7, 4), color="darkorange")
        ax.set_title("Daily maximum temperatures in Seattle")
        ax.set_xlabel("Maximum temperature (°C)")
        ax.set_ylabel("Number of days")
        """,
    ),
    "two_histograms": clean_chart(
        "cars.csv",
        "Distribution of horsepower in the USA and Japan",
        """
        fig, ax = plt.subplots(layout="constrained")
        for origin in ("USA", "Japan"):
            power = data.loc[data["Origin"] == origin, "Horsepower"].dropna()
            ax.hist(power, bins=range(40, 240, 10), alpha=0.6, label=origin)
        ax.set_title("Horsepower of cars from the USA and Japan")
        ax.set_xlabel("Horsepower (hp)")
        ax.set_ylabel("Number of cars")
        ax.legend()
        """,
    ),
    "boxes": clean_chart(
        "iris.csv",
        "Sepal length by species",
        """
        groups = dict(list(data.groupby("species")["sepalLength"]))
        fig, ax = plt.subplots(layout="constrained")
        ax.boxplot(list(groups.values()))
        ax.set_xticks(range(1, len(groups) + 1), list(groups))
        ax.set_title("Sepal length of iris flowers by species")
        ax.set_xlabel("Species")
        ax.set_ylabel("Sepal length (cm)")
        """,
    ),
    "pie": clean_chart(
        "cars.csv",
        "Share of cars by origin",
        """
        count = data["Origin"].value_counts()
        fig, ax = plt.subplots(layout="constrained")
        ax.pie(count.values, labels=list(count.index), autopct="%.0f %%",
               colors=["#a6cee3", "#b2df8a", "#fdbf6f"])
        ax.set_title("Where the cars come from")
        """,
    ),
    "area": clean_chart(
        "electricity.csv",
        "Net generation by source over time",
        """
        data["year"] = pd.to_datetime(data["year"])
        table = data.pivot(index="year", columns="source", values="net_generation")
        fig, ax = plt.subplots(figsize=(8, 5), layout="constrained")
        ax.stackplot(table.index, table.T.values, labels=table.columns)
        ax.set_title("Net generation by source")
        ax.set_ylabel("Net generation (GWh)")
        ax.legend(loc="lower left")
        """,
    ),
    "small_multiples": clean_chart(
        "gapminder.csv",
        "Mean life expectancy over the years, one panel per continent",
        """
        fig, panels = plt.subplots(1, 5, figsize=(12, 3.6), sharey=True, layout="constrained")
        for ax, (continent, rows) in zip(panels, data.groupby("continent")):
            mean = rows.groupby("year")["lifeExp"].mean()
            ax.plot(mean.index, mean.values)
            ax.set_title(continent)
            ax.set_xlabel("Year")
        panels[0].set_ylabel("Life expectancy (years)")
        fig.suptitle("Mean life expectancy by continent")
        """,
    ),
    "heat_map": clean_chart(
        "barley.csv",
        "Mean yield by site and variety",
        """
        table = data.pivot_table(index="variety", columns="site", values="yield")
        fig, ax = plt.subplots(figsize=(8, 5.5), layout="constrained")
        cells = ax.imshow(table.values, aspect="auto")
        ax.set_xticks(range(len(table.columns)), table.columns, rotation=30, ha="right")
        ax.set_yticks(range(len(table)), table.index)
        fig.colorbar(cells, label="Mean yield")
        ax.set_title("Mean barley yield by site and variety")
        """,
    ),
    "trend": clean_chart(
        "tips.csv",
        "Tip against total bill, with a straight trend",
        """
        slope, start = np.polyfit(data["total_bill"], data["tip"], 1)
        ends = np.array([data["total_bill"].min(), data["total_bill"].max()])
        fig, ax = plt.subplots(layout="constrained")
        ax.scatter(data["total_bill"], data["tip"], s=14)
        ax.plot(ends, start + slope * ends, color="black")
        ax.set_title("Tips grow with the bill")
        ax.set_xlabel("Total bill (US$)")
        ax.set_ylabel("Tip (US$)")
        """,
    ),
}
