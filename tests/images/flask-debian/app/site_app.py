"""A small site. Only `/` is ever probed: everything else must work all the same."""

import importlib
import json
import os
import pathlib

from flask import Flask, jsonify, redirect, render_template, request, session, url_for

HERE = pathlib.Path(__file__).parent

app = Flask(__name__)
app.secret_key = "a test's secret"
settings = json.loads((HERE / "data" / "settings.json").read_text())


@app.get("/")
def index():
    return settings["title"]


@app.get("/page/<name>")
def page(name):
    return render_template("page.html", name=name, items=["one", "two & three"])


@app.get("/api/items")
def items():
    return jsonify(items=[{"id": number} for number in range(3)])


@app.post("/api/echo")
def echo():
    return jsonify(request.get_json()), 201


@app.post("/upload")
def upload():
    sent = request.files["file"]
    return jsonify(name=sent.filename, size=len(sent.read()), note=request.form["note"])


@app.get("/cities")
def cities():
    import csv

    with (HERE / "data" / "cities.csv").open(newline="") as rows:
        return jsonify({row["name"]: int(row["people"]) for row in csv.DictReader(rows)})


@app.get("/total")
def total():
    import sqlite3

    database = sqlite3.connect(":memory:")
    database.execute("create table numbers (value integer)")
    database.executemany("insert into numbers values (?)", [(1,), (2,), (39,)])
    return str(database.execute("select sum(value) from numbers").fetchone()[0])


@app.get("/time/<path:zone>")
def time(zone):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    moment = datetime.strptime("2023-11-14 22:13 +0000", "%Y-%m-%d %H:%M %z")
    return moment.astimezone(ZoneInfo(zone)).isoformat()


@app.get("/certificates")
def certificates():
    import ssl

    return jsonify(ssl.create_default_context().cert_store_stats())


@app.get("/encoded")
def encoded():
    return jsonify(idna="bücher.example".encode("idna").decode(), cp1252="€".encode("cp1252").hex())


@app.get("/digest/<name>")
def digest(name):
    import hashlib
    import lzma

    return hashlib.new(name, lzma.decompress(lzma.compress(b"slim"))).hexdigest()


@app.get("/plugin/<name>")
def plugin(name):
    return importlib.import_module(f"plugins.{name}").answer()


@app.get("/parallel")
def parallel():
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        return jsonify(list(pool.map(abs, [-1, -2, -3])))


@app.get("/whoami")
def whoami():
    import grp
    import pwd

    groups = sorted(grp.getgrgid(number).gr_name for number in os.getgroups())
    return jsonify(user=pwd.getpwuid(os.getuid()).pw_name, home=str(pathlib.Path.home()), groups=groups)


@app.get("/temporary")
def temporary():
    import tempfile

    with tempfile.NamedTemporaryFile(dir="/tmp") as file:
        return oct(pathlib.Path(file.name).stat().st_mode & 0o777)


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["user"] = request.form["user"]
        return redirect(url_for("login"))
    return f"hello {session.get('user', 'stranger')}"


@app.get("/broken")
def broken():
    return str(1 / 0)


@app.errorhandler(404)
def missing(_error):
    return render_template("404.html", path=request.path), 404


@app.errorhandler(500)
def failed(_error):
    return render_template("500.html"), 500
