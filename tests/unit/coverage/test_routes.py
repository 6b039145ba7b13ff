"""Routes found in sources as applications write them."""

from pathlib import Path

import pytest

from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Operation
from slim.coverage.declared import declared_of
from slim.coverage.lives import Request
from slim.coverage.model import Counted
from slim.coverage.route_patterns import patterns
from slim.coverage.routes import declared_routes, unreached
from slim.oci.overlay import read_layer_folders

IMAGES = Path(__file__).parents[2] / "images"


@pytest.fixture
def image(tmp_path):
    """Writes files; gives the routes that they declare."""

    def declare(**files):
        for name, content in files.items():
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        tree = read_layer_folders([tmp_path])
        return declared_routes(tree, [path for path in tree if tree[path].size])

    return declare


def names(routes):
    return [route.name for route in routes]


def missed(routes, *requests):
    return names(unreached(routes, [tuple(one.split(" ")) for one in requests]))


def test_flask(image):
    routes = image(
        **{
            "app/shop.py": """
from flask import Blueprint, Flask
app = Flask(__name__)
cart = Blueprint("cart", __name__, url_prefix="/cart")

@app.route("/")
def home(): ...

@app.route("/items/<int:number>", methods=["GET", "POST"])
def item(number): ...

@cart.post("/<path:where>/add")
@login_required
def add(where): ...

app.add_url_rule("/about/", view_func=about)
client.get("/never")
@app.route(f"/{computed}")
def other(): ...
""",
            "app/tests/test_shop.py": '@app.route("/of/a/test")\ndef x(): ...\n',
        }
    )
    assert [(one.name, one.line) for one in routes] == [
        ("GET /", 6),
        ("GET /items/<int:number>", 9),
        ("POST /items/<int:number>", 9),
        ("POST /<path:where>/add", 12),
        ("/about/", 16),
    ]
    assert {one.file for one in routes} == {"/app/shop.py"}
    assert missed(routes, "GET /items/7?x=1", "HEAD /about") == [
        "POST /items/<int:number>",
        "POST /<path:where>/add",
    ], "some prefix may lie before /, so anything may have reached it"
    posts = missed(routes, "POST /v1/items/7/", "POST /cart/a/b/add")
    assert posts == ["GET /", "GET /items/<int:number>", "/about/"]
    assert missed(routes) == names(routes)


def test_fastapi_and_starlette(image):
    source = """
from fastapi import APIRouter
router = APIRouter(prefix="/api")
@router.get("/pets/{pet_id}/toys")
async def toys(pet_id: int): ...
@router.api_route("/both", methods=["PUT", "DELETE"])
async def both(): ...
routes = [Route("/files/{name:path}", endpoint), Mount("/static", app)]
"""
    routes = image(**{"app/main.py": source})
    assert names(routes) == ["GET /pets/{pet_id}/toys", "PUT /both", "DELETE /both", "/files/{name:path}"]
    assert missed(routes, "GET /api/pets/3/toys", "PUT /api/both") == ["DELETE /both", "/files/{name:path}"]
    assert missed(routes, "GET /files/a/b", "GET /pets/3/4/toys")[0] == "GET /pets/{pet_id}/toys"


def test_django(image):
    source = """
from django.urls import include, path, re_path
urlpatterns = [
    path("", views.home),
    path("shop/", include("shop.urls")),
    path("archive/<int:year>/", views.archive, name="archive"),
    path("time/<zone:zone>/", views.time),
    re_path(r"^feed/(?P<year>[0-9]{4})/$", views.feed),
    re_path(r"^broken/(", views.broken),
]
router.register(r"users", UserViewSet)
"""
    routes = image(**{"app/urls.py": source, "app/other.py": 'path("not/a/route", 1)\n'})
    assert missed(routes, "GET /nothing") == [
        "/archive/<int:year>/",
        "/time/<zone:zone>/",
        "^feed/(?P<year>[0-9]{4})/$",
        "/users",
    ]
    asked = ["/archive/1999/", "/time/Europe/Rome/", "/x/feed/2001/", "/api/users/3/"]
    assert missed(routes, *(f"GET {one}" for one in asked)) == []


def test_express(image):
    source = """
const app = require("express")(); const users = express.Router();
app.get("/health", (req, res) => res.send("ok"));
app.get("view engine");
users.get("/not/a/receiver", f);
userRouter.post("/users/:id/files/:name?", auth, upload);
router.route("/book").get(read).put(write);
app.all("/any/*", proxy);
app.get(/^regex/, f); app.get(`/t/${x}`, f); app.get(`/plain`, f);
app.get("/odd(er)?", f);
axios.get("/elsewhere", { params });
"""
    routes = image(**{"srv/index.js": source, "srv/index.test.js": 'app.get("/in/test", f)'})
    assert names(routes) == [
        "GET /health",
        "POST /users/:id/files/:name?",
        "/book",
        "/any/*",
        "GET /plain",
        "GET /odd(er)?",
    ]
    assert missed(routes, "GET /") == names(routes)[:-1], "a pattern of the framework's own may have matched"
    asked = ["GET /health", "POST /api/users/1/files/", "PUT /book", "GET /any/a/b"]
    assert missed(routes, *asked) == ["GET /plain"]


def test_sinatra_and_rails(image):
    sinatra = 'require "sinatra"\nget "/hi/:name" do\n  get "/other"\nend\npost("/form") { 1 }\n'
    rails = """
Rails.application.routes.draw do
  root "home#index"
  get "about", to: "pages#about"
  post "/login" => "sessions#create"
  namespace :admin do
    resources :users, only: [:index]
  end
  resources :people, path: "members"
  get "posts/:id(.:format)", to: "posts#show"
end
"""
    routes = image(
        **{"app/hi.rb": sinatra, "app/config/routes.rb": rails, "app/spec/x.rb": 'get("/x") { 1 }'}
    )
    assert names(routes) == [
        "GET /about",
        "POST /login",
        "/users",
        "GET /posts/:id(.:format)",
        "GET /hi/:name",
        "POST /form",
    ]
    assert missed(routes, "GET /admin/users/3/edit", "GET /posts/3", "GET /hi/ada%20x") == [
        "GET /about",
        "POST /login",
        "POST /form",
    ]


def test_built_pages_of_next(image):
    built = "srv/.next/server/"
    files = [
        "pages/index.html",
        "pages/_app.js",
        "pages/api/hello.js",
        "pages/old/[...rest].js",
        "pages/404.html",
    ]
    files += ["app/page.js", "app/(shop)/item/[id]/page.js", "app/api/x/route.js", "app/_not-found/page.js"]
    files += ["app/item/layout.js", "chunks/1.js"]
    routes = image(**{built + name: "x" for name in files})
    assert names(routes) == [
        "GET /item/{id}",
        "/api/x",
        "GET /",
        "/api/hello",
        "GET /old/{rest}",
    ]
    assert missed(routes, "GET /item/3", "POST /api/x", "GET /old/a/b") == ["/api/hello"]


def test_where_a_request_is_redirected_to_was_reached_too(tmp_path):
    (tmp_path / "app.py").write_text(
        "@app.route('/old')\ndef old(): ...\n@app.route('/new')\ndef new(): ...\n"
    )
    tree = read_layer_folders([tmp_path])
    exchange = Exchange("GET /old", "http", Result.ANSWERED, 200, url="/new", redirects=("/new",))
    operations = (Operation("GET", "/new"), Operation("GET", "/other"))
    found = declared_of(tree, list(tree), operations, (Request("GET", "/old", exchange),))
    assert (found.routes, found.unreached_routes) == (Counted(2, 2), ())
    assert (found.operations, found.unreached_operations) == (Counted(2, 1), ("GET /other",))


def test_the_recipes_declare_what_they_answer():
    django = declared("django")
    assert "/archive/<int:year>/" in names(django) and len(django) > 15
    assert missed(django, "GET /time/Europe/Rome/").count("/time/<path:zone>/") == 0
    assert "GET /convert/{how}/{number}" in names(declared("fastapi"))
    assert {"GET /", "GET /page/<name>"} < set(names(declared("flask-debian")))
    for recipe in ("express", "sinatra", "rails"):
        assert len(declared(recipe)) >= 3, recipe


def declared(recipe):
    tree = read_layer_folders([IMAGES / recipe])
    return declared_routes(tree, [path for path in tree if "node_modules" not in path])


def test_sources_that_are_no_source_cost_nothing(image):
    hostile = "from flask import x\n@a.get('/x" + "(" * 200_000
    assert (
        image(**{"a.py": hostile, "b.js": "app.get(" * 50_000 + "express", "c.rb": "get '/x' do " * 5_000})
        is not None
    )


def test_the_table_of_patterns_is_whole():
    assert {one.language for one in patterns()} == {"python", "javascript", "ruby"}
    assert all(one.names and one.method for one in patterns())
