import { cookies } from "next/headers";

export async function GET(request) {
  const jar = await cookies();
  return Response.json({
    name: new URL(request.url).searchParams.get("name"),
    seen: jar.get("seen")?.value ?? null,
    agent: request.headers.get("user-agent"),
  }, { headers: { "set-cookie": "seen=1" } });
}

export async function POST(request) {
  const form = await request.formData();
  return Response.json({ size: form.get("file").size, note: form.get("note") }, { status: 201 });
}
