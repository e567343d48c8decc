"""The pages, and what each shows. Streamlit runs this file anew for every look at a page."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas
import streamlit

from services.dashboard.plots import bar, heatmap, line, plot, table
from services.dashboard.reading import NoAnswer, get, profile, rows, shown_to

SOURCES = ["completejourney", "shop"]
_SPEND = {"period": "", "spend": "spend (currency of the source)", "source": "source"}


def _source() -> str:
    """The one that is chosen, of those with sales; where none has any yet, of all."""
    sold = set(rows("sales", by="month").get("source", ()))
    return str(streamlit.sidebar.selectbox("Source", [source for source in SOURCES if source in sold] or SOURCES))


def overview() -> None:
    source = _source()
    months = rows("sales", by="month", source=source)
    if months.empty:
        streamlit.info("No sales of this source have been published yet.")
        return
    last = months.iloc[-1]
    shown = (("Spend", f"{last.spend:,.2f}"), ("Orders", f"{last.baskets:,}"), ("Customers", f"{last.owners:,}"))
    for column, (name, value) in zip(streamlit.columns(3), shown, strict=True):
        column.metric(f"{name} in {last.period[:7]}", value)
    best = months.loc[months.spend.idxmax()]
    sentence = f"{best.period[:7]} was the best month, with {best.spend:,.2f}."
    plot(bar, months, "Sales by month", sentence, _SPEND, x="period", y="spend")
    days = rows("sales", by="day", source=source)
    mean = f"{len(days)} days with sales; {days.spend.mean():,.2f} on average."
    plot(line, days, "Sales by day", mean, _SPEND, x="period", y="spend")
    _trending()


def _trending() -> None:
    """What shoppers view now, of the serving side; it may be away while the warehouse is not."""
    try:
        products = get("products/trending/", {"period": "hour"})["products"]
    except NoAnswer as error:
        streamlit.warning(f"Views now: {error}")
        return
    streamlit.subheader("Views now: rising in the last hour")
    streamlit.write(", ".join(products) or "Nothing was viewed.")


def customers() -> None:
    source = _source()
    segments = rows("segments", source=source)
    if not segments.empty:
        largest = segments.groupby("segment").owners.sum().idxmax()
        labels = {"owners": "households or customers", "value_class": "value class"}
        sentence = f"The largest segment is “{largest}”, of {segments.owners.sum():,} in all."
        classes = {"color": "value_class", "category_orders": {"value_class": ["high", "middle", "low", "none"]}}
        plot(bar, segments, "Segments", sentence, labels, x="segment", y="owners", **classes)
    _cohorts(rows("cohorts", source=source))
    _one(source)


def _cohorts(cohorts: pandas.DataFrame) -> None:
    if cohorts.empty:
        return
    months = cohorts.assign(cohort_month=cohorts.cohort_month.str[:7])
    grid = months.pivot_table(index="cohort_month", columns="months_later", values="retention")
    later = cohorts[cohorts.months_later == 1].retention.mean()
    labels = {"x": "months after the first basket", "y": "month of the first basket", "color": "share who buy"}
    plot(heatmap, grid, "Who comes back", f"{later:.0%} buy again one month later.", labels, aspect="auto")


def _one(source: str) -> None:
    kind = "households" if source == "completejourney" else "customers"
    streamlit.subheader("One profile")
    owner = streamlit.text_input(f"Id, one of the {kind}")
    if not owner:
        streamlit.info("Give an id to see what is known of it.")
        return
    known = profile(kind, owner)
    shown = (("Spend", f"{known['spend']:,.2f}"), ("Baskets", known["baskets"]), ("Value class", known["value_class"]))
    for column, (name, value) in zip(streamlit.columns(3), shown, strict=True):
        column.metric(name, value)
    table(
        pandas.DataFrame(_facts(known), columns=["name", "value"]),
        "The whole profile",
        "Spend is in the shop's currency, times are UTC; returns are counted apart.",
        {"name": "What", "value": "Value"},
    )
    table(
        rows("recommendations", owner_kind=kind.removesuffix("s"), owner=owner),
        "Recommended from purchases",
        "The best ten, best first.",
        {"rank": "Rank", "product_name": "Product", "reason": "Why"},
    )
    if kind == "customers":
        viewed, recommended = shown_to(owner)
        streamlit.write("Last viewed:", ", ".join(viewed) or "nothing")
        table(
            pandas.DataFrame(recommended),
            "Recommended now",
            "What the shop shows.",
            {"product": "Product", "reason": "Why"},
        )


def _facts(known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each figure of a profile with its name, those of the demographics too."""
    for name, value in known.items():
        if isinstance(value, dict):
            yield from _facts(value)
        else:
            written = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield name.replace("_", " ").capitalize(), "not known" if written in (None, "") else str(written)


def products() -> None:
    source = _source()
    names = rows("sales", by="category", source=source)
    if names.empty:
        streamlit.info("No sales of this source have been published yet.")
        return
    top = names.iloc[0]
    sentence = f"{top.category} sells most: {top.spend:,.2f}."
    plot(bar, names.head(20), "Categories that sell most", sentence, _SPEND | {"category": ""}, x="spend", y="category")
    category = str(streamlit.selectbox("Category", names.category))
    seasons = rows("seasons", source=source, category=category)
    labels = {"month_start": "", "seasonal_index": "spend over an average month"}
    plot(
        line, seasons, f"Seasons of {category}", "1 is its average month.", labels, x="month_start", y="seasonal_index"
    )
    product = streamlit.text_input("Product id: what sells with it")
    table(
        rows("pairs", pages=1, source=source, product=product),
        "Sold together",
        "Lift: how many times as often as chance would have it. Support and confidence are shares of baskets.",
        {
            **{"product_name": "Product", "other_product_name": "Sells with", "baskets_together": "Baskets"},
            **{"support": "Support", "confidence": "Confidence", "lift": "Lift"},
        },
    )
    table(
        rows("slow-movers", pages=1, source=source),
        "Slow, sold out, never sold",
        "Pieces of the last 30 days beside those of the 30 days before.",
        {"name": "Product", "status": "Status", "quantity_30_days": "Pieces", "quantity_30_days_before": "Before"},
    )


def market() -> None:
    businesses = rows("businesses")
    if businesses.empty:
        streamlit.info("No businesses are published yet: the DAG market fetches them, each day or when triggered.")
        return
    category = str(streamlit.selectbox("Category", sorted(businesses.category.unique())))
    found = businesses[businesses.category == category].sort_values("businesses_per_100000", ascending=False)
    first = found.iloc[0]
    labels = {"businesses_per_100000": "businesses by 100,000 inhabitants", "state": ""}
    sentence = f"{first.state} has most, by inhabitants, of the {len(found)} states with any."
    plot(bar, found, f"{category} by state", sentence, labels, x="state", y="businesses_per_100000", color="region")


def quality() -> None:
    runs = rows("quality/runs", pages=1)
    if runs.empty:
        streamlit.info("No check has run yet.")
        return
    last = runs.iloc[0]
    published = "its marts were published" if last.is_published else "its marts were not published"
    show = streamlit.error if last.failed else streamlit.success
    show(f"Of {last.checks} checks of the last run, {last.failed} failed; {published}.")
    labels = {"finished_at": "", "failed": "failed checks"}
    plot(bar, runs, "Failed checks by run", f"The last {len(runs)} runs.", labels, x="finished_at", y="failed")
    columns = {
        "model": "Mart",
        "column_name": "Column",
        "rule": "Rule",
        "status": "Status",
        "failed_rows": "Rows",
        "message": "Message",
    }
    found = rows("quality")
    table(found[found.status != "pass"] if len(found) else found, "What did not pass", "Of the last run.", columns)
    lines = rows("quality/metrics", metric="lines")
    labels = {"finished_at": "", "value": "lines"}
    plot(
        line,
        lines,
        "Lines by run",
        "How many lines of sales each source had.",
        labels,
        x="finished_at",
        y="value",
        color="source",
    )


def recommender() -> None:
    found = rows("recommender-quality")
    labels = {"score": "share of questions answered", "measure": "measure", "recommender": "recommender"}
    sentence = "Whether the next product bought is among the ten; the lines are one standard error."
    title = "Recommendations beside best sellers"
    grouped = {"color": "recommender", "barmode": "group", "facet_col": "source"}
    plot(bar, found, title, sentence, labels, x="measure", y="score", error_y="standard_error", **grouped)
    _what_came_of_them()
    listed = rows("recommendations", pages=3)
    if not listed.empty:
        shares = listed.groupby("came_from", as_index=False).size()
        labels = {"size": "recommendations", "came_from": "source"}
        plot(
            bar,
            shares,
            "Where recommendations come from",
            f"Of {len(listed):,} looked at.",
            labels,
            x="came_from",
            y="size",
        )


def proof() -> None:
    days = rows("attribution")
    if days.empty:
        streamlit.info("What recommendations were followed by: none have landed yet.")
        return
    shop = days.drop_duplicates("date_day").revenue_shop.sum()
    earned = days.revenue_direct.sum(), days.revenue_influenced.sum()
    share = f"{sum(earned) / shop:.1%}" if shop else "-"
    shown = (("Direct", f"{earned[0]:,.2f}"), ("Influenced", f"{earned[1]:,.2f}"), ("Of all revenue", share))
    for column, (name, value) in zip(streamlit.columns(3), shown, strict=True):
        column.metric(name, value)
    streamlit.warning(
        "Direct: bought within seven days of a click. Influenced: of being shown, without one. Neither says what was"
        " caused: some would have bought anyhow. Only an experiment with a control group shows that."
    )
    labels = {"date_day": "", "revenue": "revenue (the shop's currency)", "way": ""}
    ways = days.melt(["date_day"], ["revenue_direct", "revenue_influenced"], "way", "revenue")
    by_day = ways.groupby(["date_day", "way"], as_index=False).revenue.sum()
    sentence = "By the day of the order; each line is credited to one answer at most."
    plot(bar, by_day, "Revenue credited, by day", sentence, labels, x="date_day", y="revenue", color="way")
    counted = ["shown", "seen", "clicked", "added", "bought"]
    table(
        days.groupby(["placement", "came_from"], as_index=False)[
            [*counted, "revenue_direct", "revenue_influenced"]
        ].sum(),
        "By placement and source",
        "Products shown, and what they were followed by.",
        {"placement": "Placement", "came_from": "Source"}
        | {name: name.capitalize() for name in counted}
        | {"revenue_direct": "Revenue, direct", "revenue_influenced": "Revenue, influenced"},
    )


def _what_came_of_them() -> None:
    """Of what shoppers were shown: quality by day, and the share of each source."""
    days = rows("recommendations-by-day", endpoint="user_history_recommendations")
    if days.empty:
        streamlit.info("What came of what shoppers were shown: no recommendations have landed yet.")
        return
    labels = {"date_day": "", "hit_share": "share of answers", "came_from": "source"}
    sentence = "How many answers to known shoppers had a product of this source that they viewed within 24 hours."
    by_source = {"x": "date_day", "color": "came_from"}
    plot(line, days, "Answers that were met, by day", sentence, labels, y="hit_share", markers=True, **by_source)
    total = days.shown.sum()
    first = days.groupby("came_from").shown.sum()
    sentence = f"Of {total:,} products shown, {first.max() / total:.0%} came from {first.idxmax()}."
    labels = {"date_day": "", "shown": "products shown", "came_from": "source"}
    plot(bar, days, "Share by source", sentence, labels, y="shown", **by_source)


def experiments() -> None:
    """Each experiment as it is, and the interval of its primary metric as it was from day to day."""
    found = rows("experiments")
    if found.empty:
        streamlit.info("Nothing is known of any experiment yet: the DAG experiments judges those that run.")
        return
    name = str(streamlit.selectbox("Experiment", sorted(found.experiment.unique(), reverse=True)))
    days = found[found.experiment == name]
    latest = days[days.as_of == days.as_of.max()]
    first = latest.iloc[0]
    show = streamlit.error if first.outcome == "skewed split" else streamlit.info
    show(f"{name} is {first.state}; as of {first.as_of}: {first.outcome}.")
    arms = latest.groupby("arm").first()
    for column, title, values in zip(
        streamlit.columns(2), ("Took part", "Left out"), (arms.people, arms.left_out), strict=True
    ):
        column.metric(title, f"{values.sum():,}")
    columns = {
        **{"arm": "Arm", "metric": "Metric", "is_primary": "Decides", "counted": "People counted", "mean": "Mean"},
        **{"difference": "Difference", "low": "At least", "high": "At most", "verdict": "Verdict"},
    }
    sentence = f"Differences are from the control, and hold however often one looks. {first.power}"
    table(latest, "Arm by arm", sentence, columns)
    primary = days[days.is_primary & days.difference.notna()]
    plot(
        line,
        primary.assign(above=primary.high - primary.difference, below=primary.difference - primary.low),
        "The primary metric from day to day",
        "The difference from the control, with what it may be: an arm is decided once that leaves nought.",
        {"as_of": "", "difference": "difference of the mean"},
        x="as_of",
        y="difference",
        color="arm",
        error_y="above",
        error_y_minus="below",
        markers=True,
    )


def _shown(title: str, draw: Callable[[], None]) -> Callable[[], None]:
    """The page with its title; where the API has no answer, the sentence that says why."""

    def page() -> None:
        streamlit.title(title)
        try:
            draw()
        except NoAnswer as error:
            streamlit.error(str(error))

    return page


PAGES = {
    "Overview": overview,
    "Customers": customers,
    "Products": products,
    "Market": market,
    "Data quality": quality,
    "Recommender": recommender,
    "Proof": proof,
    "Experiments": experiments,
}


def main() -> None:
    streamlit.set_page_config(page_title="Vitrine", layout="wide")
    pages = [
        streamlit.Page(_shown(title, draw), title=title, url_path=title.lower().replace(" ", "-"))
        for title, draw in PAGES.items()
    ]
    streamlit.navigation(pages).run()


main()
