import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import MaxNLocator

CSV = "airports.csv"
BLUE = "#0072B2"

data = pd.read_csv(CSV)
data = data.dropna(subset=["state"])
values = data.groupby("state").size().nlargest(30)[::-1]

height = max(3, 1.4 + 0.3 * len(values))
fig, ax = plt.subplots(figsize=(7.5, height), layout="constrained")
names = [str(name) for name in values.index]
ax.barh(names, values, height=0.7, color=BLUE)
ax.set_ylim(-0.6, len(names) - 0.4)

ax.set_title("Number of airports by state, 30 highest of 56", loc="left", fontsize=13)
ax.set_xlabel("Number of airports")
ax.set_ylabel("State")
ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
ax.grid(axis="x", color="#e0e0e0", linewidth=0.8)
ax.set_axisbelow(True)
ax.spines[["top", "right"]].set_visible(False)

fig.savefig("chart.png", dpi=150)
