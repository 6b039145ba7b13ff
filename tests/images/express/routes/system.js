const { Router } = require("express");
const { Worker } = require("worker_threads");
const { execFile, exec, fork, spawn } = require("child_process");
const path = require("path");
const zlib = require("zlib");
const crypto = require("crypto");
const pino = require("pino");

const router = Router();
router.get("/primes", (request, response, next) => {
  const worker = new Worker(path.join(__dirname, "..", "workers", "primes.js"), { workerData: 1000 });
  worker.once("message", (answer) => response.json(answer));
  worker.once("error", next);
});
router.get("/child", (request, response, next) => {
  const child = fork(path.resolve(__dirname, "../workers/child.js"));
  child.once("message", (answer) => response.send(answer));
  child.once("error", next);
  child.send("loud");
});
router.get("/sum", (request, response, next) => {
  const child = spawn("sha256sum", ["-"]);
  let told = "";
  child.stdout.on("data", (data) => { told += data; });
  child.on("close", () => response.send(told.slice(0, 64)));
  child.on("error", next);
  child.stdin.end("slim");
});
router.get("/pack", (request, response, next) =>
  exec("printf slim | gzip -c | base64 -w 0 | head -c 6", (error, out) => (error ? next(error) : response.send(out))));
router.get("/who", (request, response, next) =>
  execFile("id", ["-un"], (error, out) => (error ? next(error) : response.send(out.trim()))));
router.get("/brotli", (request, response) =>
  response.send(zlib.brotliDecompressSync(zlib.brotliCompressSync("slim")).toString()));
router.get("/crypto", (request, response) => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signature = crypto.sign("sha384", Buffer.from("x"), privateKey);
  response.json({
    signed: crypto.verify("sha384", Buffer.from("x"), publicKey, signature),
    scrypt: crypto.scryptSync("a", "b", 16).toString("hex"),
    md5: crypto.createHash("md5").update("a").digest("hex"),
  });
});
router.get("/self", async (request, response) => {
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/pages/items`);
  response.json((await answer.json()).length);
});
router.get("/roots", (request, response) => response.json(require("tls").rootCertificates.length));
router.get("/log", (request, response, next) => {
  const transport = pino.transport({ target: "pino/file", options: { destination: 1 } });
  const log = pino(transport);
  log.info("written by a worker");
  log.flush(() => response.send("logged"));
});
module.exports = router;
