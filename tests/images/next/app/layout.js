import "./site.css";

export const metadata = { title: { default: "Fat", template: "%s | Fat" } };

export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
