const moment = require("moment");
module.exports = ([locale = "en"]) => moment.utc(1700000000000).locale(locale).format("dddd LL");
