"""The histogram of a class's scores as SVG that stands in a page: with a title and a description, without styles.

The same scores give the same bytes.
"""

import io
import math
import statistics
from xml.etree import ElementTree

BARS = 40  # at most
BAR, INK, LINES = "#5b7fa6", "#1b1f24", {"mean": "--", "median": ":"}
_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"


def bins(scores, most):
    """Counts scores.

    Args:
        scores: one or more.
        most: points that can be had.

    Returns:
        [(from, to, how many)] of bars of equal width; the last of them holds those at its end too.
    """
    import numpy as np

    most = max(most, *scores, 1)
    width = math.ceil(most / BARS)
    edges = range(0, math.ceil(most / width) * width + 1, width)
    counts, _ = np.histogram(scores, edges)
    return list(zip(edges[:-1], edges[1:], counts.tolist(), strict=True))


def described(scores, most):
    """The distribution in words."""
    quarters = statistics.quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else 3 * list(scores)
    return (
        f"{len(scores)} score{'s' * (len(scores) != 1)} from {min(scores):g} to {max(scores):g} of {most:g} points: "
        f"mean {statistics.fmean(scores):.4g}, median {quarters[1]:.4g}, "
        f"the middle half from {quarters[0]:.4g} to {quarters[2]:.4g}."
    )


def svg(scores, most):
    """Draws the histogram.

    Returns:
        Text of an element <svg>, with role, title and description.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    counted = bins(scores, most)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "scores", "font.size": 11, "text.color": INK}):
        figure = Figure(figsize=(5.5, 2.8), layout="constrained")
        axes = figure.subplots()
        width = counted[0][1] - counted[0][0]
        axes.bar(
            [low for low, _, _ in counted],
            [count for _, _, count in counted],
            width=width,
            align="edge",
            color=BAR,
            edgecolor="white",
        )
        for name, dashes in LINES.items():
            value = getattr(statistics, name)(scores)
            axes.axvline(value, color=INK, linestyle=dashes, linewidth=1.5, label=f"{name} {value:.4g}")
        axes.set(xlabel=f"points of {most:g}", ylabel="submissions", xlim=(0, counted[-1][1]))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", frameon=False)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _fit_for_a_page(file.getvalue(), "Distribution of scores", described(scores, most))


def _fit_for_a_page(text, title, description):
    """Takes out what a page with a strict policy does not allow: styles; and what it has no use for: ids, metadata."""
    drawn = ElementTree.fromstring(text)
    used = {element.get(_LINK) for element in drawn.iter() if element.get(_LINK)}
    used |= {f"#{element.get('clip-path')[5:-1]}" for element in drawn.iter() if element.get("clip-path")}
    for parent in list(drawn.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in drawn.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for rule in filter(str.strip, element.attrib.pop("style", "").split(";")):
            name, value = rule.split(":", 1)
            if name.strip() != "font-family":  # the page's
                element.set(name.strip(), value.strip())
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
        if f"#{element.get('id')}" not in used:
            element.attrib.pop("id", None)
    view = drawn.get("viewBox")
    drawn.attrib.clear()
    drawn.attrib.update(viewBox=view, role="img")
    drawn.attrib.update({"aria-labelledby": "scores-title", "aria-describedby": "scores-description"})
    for index, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, id=f"scores-{('title', 'description')[index]}")
        element.text = words
        drawn.insert(index, element)
    return ElementTree.tostring(drawn, encoding="unicode")
