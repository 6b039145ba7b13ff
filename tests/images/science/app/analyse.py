"""Figures and tables of a year's measurements; each sub-command is one of them.

Only `plot` ever runs while slim watches. What comes out is printed: sizes and digests of
pictures depend on nothing but the versions installed.
"""

import io
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def measurements():
    return pd.read_csv(HERE / "measurements.csv", parse_dates=["day"], index_col="day")


def saved(figure, form, **options):
    out = io.BytesIO()
    figure.savefig(out, format=form, **options)
    plt.close(figure)
    return out.getvalue()


def plot():
    figure, axes = plt.subplots()
    data = measurements()
    axes.plot(data.index, data["warmth"], label="warmth")
    axes.set_title("Warmth over the year")
    axes.legend()
    out = saved(figure, "png")
    print(out[1:4].decode(), len(out) > 10_000)


def formats():
    for form in ("svg", "pdf", "ps", "eps", "jpg", "tiff", "webp", "svgz", "rgba"):
        figure, axes = plt.subplots(figsize=(2, 2))
        axes.plot([1, 2, 3])
        axes.set_xlabel("x")
        print(form, len(saved(figure, form)) > 900)


def fonts():
    from matplotlib import font_manager

    for family in ("serif", "sans-serif", "monospace", "cursive", "Liberation Sans", "STIXGeneral", "cmr10"):
        found = Path(font_manager.findfont(font_manager.FontProperties(family=[family]))).name
        with plt.rc_context({"font.family": family}):
            figure = plt.figure(figsize=(2, 1))
            figure.text(0, 0, "AÄß")
            print(family, found, len(saved(figure, "png")) > 500)


def mathtext():
    for name in ("dejavusans", "cm", "stix", "stixsans", "dejavuserif"):
        with plt.rc_context({"mathtext.fontset": name}):
            figure = plt.figure(figsize=(2, 1))
            figure.text(0, 0.5, r"$\sum_{i=0}^\infty \sqrt{\frac{x_i}{\alpha}}$")
            print(name, len(saved(figure, "svg")) > 1000)


def kinds():
    from mpl_toolkits.mplot3d import Axes3D  # noqa: F401

    random = np.random.default_rng(1)
    values = random.normal(size=(30, 3))
    figure, axes = plt.subplots(2, 3, figsize=(9, 6))
    axes[0, 0].hist(values[:, 0])
    axes[0, 1].boxplot(values)
    axes[0, 2].pie([1, 2, 3], labels=["a", "b", "c"])
    axes[1, 0].contourf(values)
    axes[1, 1].imshow(values, cmap="viridis")
    axes[1, 2].tricontour(*values.T)
    figure.colorbar(axes[1, 1].images[0])
    solid = plt.figure().add_subplot(projection="3d")
    solid.scatter(*values.T)
    round_one = plt.figure().add_subplot(projection="polar")
    round_one.plot(values[:, 0])
    print([len(saved(one, "png")) > 5000 for one in (figure, solid.figure, round_one.figure)])


def styles():
    for style in ("ggplot", "seaborn-v0_8", "dark_background", "fivethirtyeight", "bmh"):
        with plt.style.context(style):
            figure, axes = plt.subplots(figsize=(2, 2))
            axes.bar(["a", "b"], [1, 2])
            print(style, len(saved(figure, "png")) > 1000)
    with plt.xkcd():
        figure, axes = plt.subplots(figsize=(2, 2))
        axes.plot([1, 2])
        print("xkcd", len(saved(figure, "png")) > 1000)
    print(len(plt.style.available) > 20, len(matplotlib.colormaps) > 100)


def animation():
    from matplotlib.animation import FuncAnimation, PillowWriter

    figure, axes = plt.subplots(figsize=(1, 1))
    (line,) = axes.plot([0, 1])
    moving = FuncAnimation(figure, lambda step: line.set_data([0, 1], [0, step]), frames=3)
    moving.save("/tmp/moving.gif", writer=PillowWriter(fps=5))
    print(Path("/tmp/moving.gif").read_bytes()[:6].decode())


def excel():
    data = measurements().head(3)
    data.to_excel("/tmp/table.xlsx", sheet_name="days")
    back = pd.read_excel("/tmp/table.xlsx", index_col=0)
    print(back["warmth"].tolist() == data["warmth"].tolist(), list(back.columns))


def exports():
    data = measurements().head(2)
    print(data.to_csv().splitlines()[0])
    print(data.to_json(orient="split", date_format="iso")[:40])
    print("<th>warmth</th>" in data.to_html())
    print(data.to_string().splitlines()[0].split())
    print("tabular" in data.style.to_latex())
    print("background-color" in data.style.background_gradient(axis=None).to_html())
    print("<data>" in data.to_xml())
    data.to_pickle("/tmp/data.pickle")
    print(pd.read_pickle("/tmp/data.pickle").equals(data))


def reads():
    data = measurements()
    for ending in ("gz", "xz", "bz2", "zip", "tar"):
        data.to_csv(f"/tmp/data.csv.{ending}")
        print(ending, len(pd.read_csv(f"/tmp/data.csv.{ending}")))
    print(pd.read_html(io.StringIO(data.head(2).to_html()))[0].shape)
    print(pd.read_xml(io.StringIO(data.head(2).to_xml())).shape)
    print(pd.read_json(io.StringIO(data.to_json(date_format="iso"))).shape)
    print(pd.read_fwf(io.StringIO("a  b\n1  2\n")).shape)


def database():
    import sqlite3

    with sqlite3.connect(":memory:") as connection:
        measurements().to_sql("days", connection)
        print(pd.read_sql("select count(*) as days from days where warmth > 10", connection)["days"][0])


def times():
    data = measurements()
    print(data["warmth"].resample("ME").mean().round(1).head(3).tolist())
    print(data["warmth"].rolling("7D").mean().round(2).iloc[-1])
    print(data["warmth"].ewm(span=5).mean().round(2).iloc[-1])
    for zone in ("Asia/Tokyo", "America/New_York"):
        print(data.index.tz_localize("UTC").tz_convert(zone)[0].isoformat())
    print(pd.date_range("2024-01-01", periods=3, freq="BMS").strftime("%A").tolist())
    from pandas.tseries.holiday import USFederalHolidayCalendar

    print(len(USFederalHolidayCalendar().holidays("2024-01-01", "2024-12-31")))
    print(pd.Timestamp("2024-02-29") + pd.DateOffset(years=1), pd.Period("2024Q1").end_time.date())


def groups():
    data = measurements()
    print(data.groupby(data.index.month)["rain"].agg(["sum", "max"]).round(1).iloc[0].tolist())
    print(
        data.assign(wet=data["rain"] > 4)
        .pivot_table("warmth", "wet", aggfunc="median")
        .round(1)
        .values.tolist()
    )
    print(pd.merge_asof(data.reset_index().head(3), data.reset_index().head(2), on="day").shape)
    print(pd.cut(data["warmth"], 3, labels=["low", "mid", "high"]).value_counts().sort_index().tolist())
    print(data.query("warmth > 15 and rain < 1").shape, data.eval("warmth * 2").iloc[0])
    print(data.corr().round(3).iloc[0, 1], data.describe().shape)


def algebra():
    matrix = np.array([[4.0, 1.0], [2.0, 3.0]])
    print(np.linalg.eigvals(matrix).round(3).tolist(), np.linalg.inv(matrix).round(3).tolist())
    print(np.abs(np.fft.rfft(np.sin(np.arange(64) * np.pi / 8))).argmax())
    print(np.random.default_rng(7).integers(100, size=3).tolist(), np.random.RandomState(7).randint(100))
    print(np.polynomial.Polynomial.fit([0, 1, 2], [1, 3, 5], 1).convert().coef.round(6).tolist())
    print(np.ma.masked_greater([1, 2, 3], 2).sum(), np.char.upper(["a"])[0], np.datetime64("2024-02-29") + 1)
    np.savez_compressed("/tmp/a.npz", matrix=matrix)
    print(np.load("/tmp/a.npz")["matrix"].tolist(), np.loadtxt(io.StringIO("1 2\n3 4")).sum())
    np.testing.assert_allclose(matrix @ np.linalg.inv(matrix), np.eye(2), atol=1e-12)


def plots():
    data = measurements()
    figure = data.plot(subplots=True)[0].figure
    print(len(saved(figure, "png")) > 10_000)
    print(len(saved(data.plot.scatter("warmth", "rain").figure, "png")) > 5000)
    print(len(saved(data.plot.hist(alpha=0.5).figure, "pdf")) > 5000)
    print(len(pd.plotting.scatter_matrix(data)))


def versions():
    pd.show_versions()
    np.show_config()


def failing():
    measurements()["missing"]


if __name__ == "__main__":
    globals()[sys.argv[1]]()
