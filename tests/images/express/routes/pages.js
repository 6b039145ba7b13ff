const { Router } = require("express");
const { items } = require("../lib/catalogue");

const router = Router();
router.get("/list", (request, response) => response.render("list", { title: "Stock", items: items() }));
router.get("/greet", (request, response) => response.send(response.__("Hello")));
router.get("/items", (request, response) => response.json(items()));
router.get("/broken", () => { throw new Error("a page that is broken"); });
router.get("/refused", (request, response, next) => next(Object.assign(new Error("no"), { status: 403 })));
router.get("/download", (request, response) => response.download(require.resolve("../lib/items.json")));
module.exports = router;
