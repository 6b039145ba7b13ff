import { cookies, headers } from "next/headers";

export async function GET(request) {
  const jar = await cookies();
  const told = await headers();
  return Response.json({
    name: request.nextUrl.searchParams.get("name"),
    seen: jar.get("seen")?.value ?? null,
    agent: told.get("user-agent"),
  }, { headers: { "set-cookie": "seen=1" } });
}

export async function POST(request) {
  const form = await request.formData();
  return Response.json({ size: form.get("file").size, note: form.get("note") }, { status: 201 });
}
