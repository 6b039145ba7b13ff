export const dynamic = "force-dynamic";

export function GET() {
  const words = ["one ", "two ", "three"];
  return new Response(new ReadableStream({
    pull(controller) {
      const word = words.shift();
      if (word) controller.enqueue(new TextEncoder().encode(word));
      else controller.close();
    },
  }));
}
