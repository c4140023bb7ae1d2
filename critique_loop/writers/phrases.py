"""The phrases that a goal is made of besides columns and values, and all their meanings."""

from __future__ import annotations

from typing import Final

from critique_loop.writers.vocabulary import MONTHS, Meaning, Phrase, Role

_SPELLED: Final[dict[Meaning, str]] = {
    (Role.AGGREGATE, "mean"): "average|avg|mean|averages|averaged|on average|the mean of|typical",
    (Role.AGGREGATE, "sum"): "total|totals|sum|sum of|total of|summed|combined|in total|totalled",
    (Role.AGGREGATE, "median"): "median|medians",
    (Role.AGGREGATE, "max"): "maximum|max|maximal|peak|maxima",
    (Role.AGGREGATE, "min"): "minimum|min|minimal|minima",
    (Role.COUNT, ""): "number of|total number of|the number of|count|counts|count of|counts of"
    "|how many|frequency|frequency of|frequencies of|no of",
    (Role.SUPERLATIVE, "high"): "highest|most|largest|biggest|greatest|the most",
    (Role.SUPERLATIVE, "low"): "lowest|least|smallest|fewest|the least",
    (Role.TOP, "high"): "top",
    (Role.TOP, "low"): "bottom",
    (Role.UNIT, "year"): "year|years|calendar year|calendar years",
    (Role.UNIT, "quarter"): "quarter|quarters",
    (Role.UNIT, "month"): "month|months",
    (Role.UNIT, "week"): "week|weeks",
    (Role.UNIT, "day"): "day|days|date|dates",
    (Role.UNIT, "hour"): "hour|hours|hour of day|hour of the day",
    (Role.UNIT, "decade"): "decade|decades",
    (Role.UNIT, "weekday"): "weekday|weekdays|day of week|day of the week|days of the week",
    (Role.UNIT, "month_of_year"): "month of the year|month of year|calendar month"
    "|calendar months|months of the year",
    (Role.UNIT, "quarter_of_year"): "quarter of the year|quarter of year",
    (Role.UNIT, "yearly"): "yearly|annual|annually|year by year|from year to year|year to year"
    "|year after year",
    (Role.UNIT, "quarterly"): "quarterly",
    (Role.UNIT, "monthly"): "monthly|month by month",
    (Role.UNIT, "weekly"): "weekly",
    (Role.UNIT, "daily"): "daily",
    (Role.UNIT, "hourly"): "hourly",
    (Role.OVER_TIME, ""): "over time|with time|through time|across time|over the years"
    "|through the years|over the months|time series|time series of|trend|trends|trend of"
    "|trend in|trends in|trends of|over the time|history of|timeline|timeline of|by time period",
    (Role.OVER_TIME, "rise"): "rise of|the rise of|decline of|the decline of",
    (Role.MARK, "bar"): "bar|bars|bar chart|bar charts|bar plot|bar graph|barchart|barplot"
    "|column chart|grouped bar chart|grouped bars|clustered bar chart|vertical bar chart",
    (Role.MARK, "horizontal"): "horizontal bar chart|horizontal bars|horizontal bar plot"
    "|horizontal bar graph",
    (Role.MARK, "line"): "line|lines|line chart|line charts|line plot|line graph|linechart",
    (Role.MARK, "scatter"): "scatter|scatter plot|scatter chart|scatterplot|scatter graph"
    "|point plot|points|dots",
    (Role.DISTRIBUTION, "histogram"): "histogram|histograms|histogram of",
    (Role.DISTRIBUTION, ""): "distribution|distributions|distributed|distribution of|breakdown"
    "|breakdown of",
    (Role.RELATION, "xy"): "relationship|relationships|relation|correlation|association"
    "|relationship between|relation between|correlation between|association between|correlate"
    "|correlates|correlated|relate|relates|related|link between|connection between"
    "|affect|affects|influence|influences|relationship of|relation of|correlation of",
    (Role.RELATION, "yx"): "depend|depends|depend on|depends on|a function of|as a function of"
    "|dependence of|related to",
    (Role.BY, ""): "by|per|for each|for every|each|every|in each|across|grouped by|split by"
    "|broken down by|break down by|among|by each|according to|for different|across different"
    "|for all|across all|in every|by the|separately for|separated by|grouped on|within each"
    "|for the different|across the|divided by|of each|at each|on each|one line per|a line per"
    "|a line for each|one line for each|depending on|per each|between the|of every|of all"
    "|of different|from each|differ by|in the different|in different|for the various|between",
    (Role.VERSUS, ""): "vs|versus|against|plotted against|compared to|compared with|with respect to"
    "|in relation to|over",
    (Role.COLOUR, ""): "coloured by|colored by|colour by|color by|coloured according to"
    "|colored according to|colour coded by|color coded by|with colour by|with color by"
    "|colours by|colors by|coloring by|colouring by|with colours for|with colors for"
    "|highlighted by|coloured per|with colour for|with color for|colour for|color for"
    "|colour|color|colours|colors|coloured|colored",
    (Role.WHICH, ""): "which|what",
    (Role.WHICH, "more"): "more|less",
    (Role.HOW, ""): "how|how did|how does|how do|how has|how have|how is|how are|how was|how much",
    (Role.VERB, ""): "change|changes|changed|rise|rose|risen|grow|grew|grown|grows|fall|fell"
    "|fallen|increase|increased|decrease|decreased|decline|declined",
    (Role.AND, ""): "and|or|,|as well as|together with|along with|plus|both|next to",
    (Role.POOL, ""): "together|taken together|put together|lumped together",
    (
        Role.APART,
        "",
    ): "separately|apart|side by side|next to|next to each other|next to one another",
    (Role.YEARS, ">="): "since|starting in|starting from|beginning in|from",
    (Role.YEARS, ">"): "after|later than",
    (Role.YEARS, "<"): "before|earlier than|prior to",
    (Role.YEARS, "<="): "until|till|up until|through|up to",
    (Role.COMPARE, ">"): "above|more than|greater than|higher than|exceeding|>|larger than|bigger"
    " than|exceeds|exceed|over|longer than|bigger than",
    (Role.COMPARE, ">="): "at least|>=|no less than|not less than|minimum of|a minimum of",
    (Role.COMPARE, "<"): "below|under|less than|fewer than|lower than|smaller than|<|shorter than",
    (Role.COMPARE, "<="): "at most|<=|no more than|not more than|up to|maximum of|a maximum of",
    (Role.COMPARE, "=="): "equal to|equals|=|exactly|is equal to",
    (Role.COMPARE, "!="): "!=|not equal to|different from",
    (Role.MORE, ">="): "or more|or above|and above|and more|or higher|or over|and over|and up",
    (Role.MORE, "<="): "or less|or below|and below|or fewer|or lower|or under|and under",
    (Role.BETWEEN, ""): "between|in between",
    (Role.FROM, ""): "from",
    (Role.TO, ""): "to|until|till|through|up to",
    (Role.IN, ""): "in|during|for|of|on|at|within|in the year|for the year|in year|only in"
    "|only|just|where|whose|in the",
    (Role.WITH, ""): "with|having|that have|that had|which have|which had|with a|with an|having a"
    "|have|has|had|with the|have the|had the|has the|having the|that have the|that had the",
    (Role.EXCLUDE, ""): "excluding|exclude|without|except|except for|other than|not in|but not"
    "|apart from|leaving out|ignoring|not from|but without|outside|outside of|excl|not"
    "|everything but|all but|non|not including|with the exception of|leave out|omitting",
    (Role.STOP, ""): "the|a|an|is|are|was|were|do|does|did|be|been|it|its|they|their|that|these"
    "|those|there|this|can|could|would|you|i|we|me|us|want|want to|like|like to|let|please|show"
    "|shows|showing|show me|plot|plots|plotting|plotted|draw|drawing|display|give|make|create"
    "|visualise|visualize|visualisation|visualization|chart|charts|graph|graphs|diagram|picture"
    "|figure|image|see|look|looks|at|data|dataset|table|csv|file|using|use|compare|compared"
    "|comparing|comparison|comparison of|comparison between|differ|differs|different|vary"
    "|varies|varied|develop|develops|developed|development|development of|evolve|evolves"
    "|evolved|evolution|evolution of|need|my|our|to|as|value|values|level|levels|all|with|for"
    "|on|of|and|if|so|also|find|tell|get|present|illustrate|explore|report|behave|type|types"
    "|kind|kinds|group|groups|category|categories|various|have|has|had|having|who|when|where"
    "|overview|overview of|series|column|columns|some|any|come|comes|perform|performed|go"
    "|onwards|onward|across all|them|then|each other|one another|another|against each other"
    "|amounts|amount|hey|hi|hello|i'd|i'm|we'd|let's|thanks|thank you|thank|kindly|curious|wonder"
    "|wondering|know|ever|reach|reached|reaches|came",
    (Role.ROW, ""): "rows|row|records|record|entries|entry|observations|observation|items"
    "|data points|measurements|samples|cases",
    (Role.SOFT, ""): "roughly|approximately|approx|about|around|nice|nicely|beautiful|pretty"
    "|clear|clearly|simple|simply|quick|quickly|detailed|really|usually|typically|generally"
    "|interesting|good|professional|worldwide|world|global|globally|overall|actually|basically"
    "|perhaps|maybe|colourful|colorful|clean|readable|elegant|publication|ready|quality|well",
}

_REFUSED: Final[dict[str, str]] = {
    "it asks for values that are not in the table yet": "predict|predicts|predicted|prediction"
    "|predictions|forecast|forecasts|forecasting|projection|projections|extrapolate|will|future"
    "|next|tomorrow|upcoming|expected|going to",
    "a chart of these columns can't answer it": "why|cause|causes|caused|causing|because|reason"
    "|reasons|explain|explains|should|recommend|best|worst|better|worse|responsible",
    "that calculation is not offered": "percentage|percentages|percent|share|shares|proportion"
    "|proportions|ratio|ratios|rate|rates|growth|growth rate|correlation coefficient|coefficient"
    "|r squared|regression|trendline|trend line|slope|difference|differences|cumulative"
    "|rolling|moving|moving average|running|standard deviation|variance|std|quantile|percentile"
    "|normalised|normalized|significant|significantly|p value|year over year|yoy|index|indexed"
    "|log|logarithmic|cluster|clusters|outlier|outliers|variation|spread|range",
    "that kind of chart is not offered": "map|maps|choropleth|pie|pie chart|donut|box plot"
    "|boxplot|box plots|box|violin|heatmap|heat map|area chart|stacked|stacked bar chart|bubble"
    "|bubble chart|treemap|sankey|radar|3d|animated|animation|interactive|network|matrix"
    "|pairplot|word cloud|density|dashboard|subplots|small multiples",
}


def _phrases() -> dict[Phrase, tuple[Meaning, ...]]:
    table: dict[Phrase, tuple[Meaning, ...]] = {}
    for meaning, spelled in _SPELLED.items():
        for phrase in spelled.split("|"):
            key = tuple(phrase.split())
            table[key] = (*table.get(key, ()), meaning)
    for reason, spelled in _REFUSED.items():
        for phrase in spelled.split("|"):
            table[tuple(phrase.split())] = ((Role.REFUSED, reason),)
    for number, month in enumerate(MONTHS, start=1):
        table[(month,)] = ((Role.MONTH, str(number)),)
        table.setdefault((month[:3],), ((Role.MONTH, str(number)),))
    return table


PHRASES: Final = _phrases()
"""Every phrase with all its meanings; which one holds depends on what stands beside it."""
