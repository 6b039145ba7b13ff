export default {
  async redirects() {
    return [{ source: "/moved", destination: "/about", permanent: true }];
  },
  async rewrites() {
    return [{ source: "/alias/:id", destination: "/item/:id" }];
  },
  async headers() {
    return [{ source: "/about", headers: [{ key: "x-fat", value: "yes" }] }];
  },
};
