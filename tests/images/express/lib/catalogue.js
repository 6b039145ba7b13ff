const fs = require("fs");
const path = require("path");

exports.items = () => JSON.parse(fs.readFileSync(path.join(__dirname, "items.json"), "utf8"));
