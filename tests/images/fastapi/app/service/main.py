"""A service. Only /health is ever probed."""

import contextlib
import importlib
import json
import logging
from pathlib import Path
from typing import Annotated

from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from .models import Item

HERE = Path(__file__).parent
log = logging.getLogger("uvicorn.error")


@contextlib.asynccontextmanager
async def lifespan(app):
    log.info("the service opens")
    yield
    log.info("the service closes")


app = FastAPI(title="Items", lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=500)
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
templates = Jinja2Templates(directory=HERE / "templates")
basic = HTTPBasic()


class OutOfStock(Exception):
    pass


@app.exception_handler(OutOfStock)
async def out_of_stock(request, error):
    return JSONResponse({"error": f"{error} is out of stock"}, status_code=409)


@app.get("/health")
async def health():
    return {"ok": True}


@app.post("/items", status_code=201)
async def add(item: Item) -> Item:
    if item.colour == "blue":
        raise OutOfStock(item.name)
    return item


@app.get("/items/{number}")
def read(
    number: int, words: Annotated[list[str], Query()] = [], agent: Annotated[str | None, Header()] = None
):
    if number > 99:
        raise HTTPException(404, "no such item", headers={"X-Reason": "range"})
    return {"number": number, "words": words, "agent": agent}


@app.get("/page/{name}")
def page(request: Request, name: str):
    return templates.TemplateResponse(request, "page.html", {"name": name, "items": ["one", "two & three"]})


@app.post("/upload")
async def upload(file: Annotated[UploadFile, File()], note: Annotated[str, Form()]):
    return {"name": file.filename, "size": len(await file.read()), "type": file.content_type, "note": note}


@app.post("/form")
async def form(first: Annotated[str, Form()], second: Annotated[int, Form()] = 2):
    return {"first": first, "second": second}


@app.post("/later")
async def later(tasks: BackgroundTasks):
    tasks.add_task(log.info, "the background task ran")
    return {"queued": True}


@app.get("/private")
def private(credentials: Annotated[HTTPBasicCredentials, Depends(basic)]):
    return credentials.username


@app.get("/moved")
def moved():
    return RedirectResponse("/health")


@app.get("/numbers")
def numbers():
    return StreamingResponse((f"{number}\n" for number in range(1000)), media_type="text/plain")


@app.get("/download")
def download():
    return FileResponse(HERE / "static" / "logo.svg", filename="logo.svg")


@app.get("/convert/{how}/{number}")
def convert(how: str, number: int):
    return importlib.import_module(f"service.plugins.{how}").convert(number)


@app.get("/certificates")
async def certificates():
    import asyncio
    import ssl

    context = await asyncio.to_thread(ssl.create_default_context)
    return context.cert_store_stats()


@app.get("/report/{form}")
def report(form: str):
    rows = [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
    if form == "csv":
        import csv
        import io

        out = io.StringIO()
        csv.DictWriter(out, ["name", "size"]).writerows(rows)
        return out.getvalue()
    if form == "xml":
        from xml.etree import ElementTree

        root = ElementTree.Element("rows")
        for row in rows:
            ElementTree.SubElement(root, "row", {key: str(value) for key, value in row.items()})
        return ElementTree.tostring(root, "unicode")
    import statistics

    return statistics.mean(row["size"] for row in rows)


@app.get("/command")
async def command():
    import asyncio

    process = await asyncio.create_subprocess_exec(
        "python3", "-c", "import json; print(json.dumps([1]))", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return json.loads(out)


@app.get("/resolve")
async def resolve():
    import asyncio

    found = await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    return sorted({address[4][0] for address in found})


@app.get("/broken")
def broken():
    return 1 / 0


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text((await socket.receive_text()).upper())
