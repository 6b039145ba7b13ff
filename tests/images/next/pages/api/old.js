export default function handler(request, response) {
  response.status(200).json({ method: request.method, body: request.body ?? null });
}
