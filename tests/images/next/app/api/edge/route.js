export const runtime = "edge";

export function GET(request) {
  return new Response("edge " + new URL(request.url).pathname);
}
