const express = require("express");
const path = require("path");
const compression = require("compression");
const session = require("express-session");
const i18n = require("i18n");

i18n.configure({ locales: ["en", "de"], directory: path.join(__dirname, "locales"), updateFiles: false, syncFiles: false, autoReload: false });

const app = express();
app.set("view engine", "pug");
app.set("views", path.join(__dirname, "views"));
app.use(i18n.init);
app.use(compression({ threshold: 200 }));
app.use("/static", express.static(path.join(__dirname, "public")));
app.use(session({ secret: "fat", resave: false, saveUninitialized: false }));
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

app.get("/", (request, response) => response.send("hello from a fat image"));

// Every route module is loaded when its first request comes.
for (const name of ["pages", "account", "upload", "system", "text"]) {
  app.use("/" + name, (request, response, next) => require(`./routes/${name}`)(request, response, next));
}

app.use((request, response) => response.status(404).render("errors/404", { path: request.path }));
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  console.error(error.stack);
  response.status(error.status || 500).render("errors/500", { message: error.message });
});

const server = app.listen(process.env.PORT || 8080, () => console.log("listening"));
process.on("SIGTERM", () => {
  console.log("stopping");
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
