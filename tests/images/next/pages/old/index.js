export async function getServerSideProps({ query }) {
  if (query.crash) throw new Error("an old page that is broken");
  return { props: { name: query.name ?? "nobody" } };
}

export default function Old({ name }) {
  return <p>old {name}</p>;
}
