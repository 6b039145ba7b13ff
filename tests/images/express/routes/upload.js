const { Router } = require("express");
const multer = require("multer");

const router = Router();
const memory = multer({ storage: multer.memoryStorage(), limits: { fileSize: 1000 } });
router.post("/", memory.single("file"), (request, response) =>
  response.json({ name: request.file.originalname, size: request.file.size, note: request.body.note }));
module.exports = router;
