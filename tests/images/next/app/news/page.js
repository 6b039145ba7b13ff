// Rendered anew after a second: incremental static regeneration.
export const revalidate = 1;

export default function News() {
  return <p>made at {Date.now()}</p>;
}
