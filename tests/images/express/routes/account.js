const { Router } = require("express");
const bcrypt = require("bcrypt");

const router = Router();
router.post("/register", async (request, response) => {
  const hash = await bcrypt.hash(request.body.password, 4);
  response.json({ ok: await bcrypt.compare(request.body.password, hash), wrong: await bcrypt.compare("x", hash) });
});
router.post("/login", (request, response) => {
  request.session.user = request.body.user.name;
  response.redirect("/account/me");
});
router.get("/me", (request, response) => response.send("hello " + (request.session.user || "stranger")));
router.post("/json", (request, response) => response.status(201).json(request.body));
router.get("/token", async (request, response) => {
  const { token } = await import("../lib/tools.mjs");
  response.send(token());
});
module.exports = router;
