process.on("message", (text) => {
  process.send(require("../lib/shout")(text));
  process.disconnect();
});
