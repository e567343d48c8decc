"""Plots, each with a title, units and a sentence that says what is seen."""

from collections.abc import Callable
from typing import Any

import pandas
import plotly.express
import streamlit


def plot(
    draw: Callable[..., Any],
    table: pandas.DataFrame,
    title: str,
    sentence: str,
    labels: dict[str, str],
    **columns: Any,  # noqa: ANN401
) -> None:
    """`draw` is one of plotly.express; `labels` names columns with their units."""
    if table.empty:
        streamlit.info(f"{title}: there is nothing to show yet.")
        return
    figure = draw(table, title=title, labels=labels, **columns)
    figure.update_layout(margin={"l": 10, "r": 10, "t": 50, "b": 10})
    streamlit.plotly_chart(figure)
    streamlit.caption(sentence)


def table(rows: pandas.DataFrame, title: str, sentence: str, columns: dict[str, str]) -> None:
    """`columns` are those to show, with what each is called."""
    streamlit.subheader(title)
    if rows.empty:
        streamlit.info("There is nothing to show yet.")
        return
    streamlit.dataframe(rows[list(columns)].rename(columns=columns), hide_index=True)
    streamlit.caption(sentence)


line, bar = plotly.express.line, plotly.express.bar


def heatmap(grid: pandas.DataFrame, **options: Any) -> Any:  # noqa: ANN401 - plotly's
    """One row a name; names that look like dates would become an axis of time."""
    return plotly.express.imshow(grid, **options).update_yaxes(type="category")
