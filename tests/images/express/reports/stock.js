const { items } = require("../lib/catalogue");
module.exports = () => items().map((item) => `${item.name}=${item.stock}`).join(",");
