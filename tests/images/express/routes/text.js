const { Router } = require("express");
const moment = require("moment");

const router = Router();
router.get("/day/:locale", (request, response) => response.send(moment.utc(1700000000000).locale(request.params.locale).format("dddd, LL")));
router.get("/intl", (request, response) => response.json({
  number: new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234.5),
  time: new Intl.DateTimeFormat("ja-JP", { timeZone: "Asia/Tokyo", dateStyle: "full", timeStyle: "short" }).format(1700000000000),
  sorted: ["z", "ä", "a"].sort(new Intl.Collator("sv").compare),
}));
router.get("/decode", (request, response) => response.send(new TextDecoder("shift_jis").decode(Buffer.from([0x83, 0x65]))));
module.exports = router;
