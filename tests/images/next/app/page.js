import Link from "next/link";

export default function Page() {
  return <main><h1>hello from a fat image</h1><Link href="/about">about</Link></main>;
}
