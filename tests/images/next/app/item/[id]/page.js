import { readFile } from "node:fs/promises";
import path from "node:path";
import { notFound } from "next/navigation";

export const dynamic = "force-dynamic";

export default async function Item({ params, searchParams }) {
  const { id } = await params;
  const { crash } = await searchParams;
  if (crash) throw new Error("a page that is broken");
  const items = JSON.parse(await readFile(path.join(process.cwd(), "data", "items.json"), "utf8"));
  if (!items[id]) notFound();
  return <h1>{items[id]}</h1>;
}
