// An ES module that a CommonJS route imports when it is asked for.
import { customAlphabet } from "nanoid";
import { readFile } from "node:fs/promises";

const letters = await readFile(new URL("./letters.txt", import.meta.url), "utf8");
export const token = () => customAlphabet(letters.trim(), 12)();
