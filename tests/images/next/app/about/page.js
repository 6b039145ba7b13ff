import Image from "next/image";
import Counter from "../../components/counter";
import dot from "../../public/dot.png";

export const metadata = { title: "About" };

export default function About() {
  return <main><h1>About</h1><Image src={dot} alt="a dot" width="64" height="64" /><Counter /></main>;
}
