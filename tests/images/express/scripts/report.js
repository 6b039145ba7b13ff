// `npm run report -- KIND`: each kind is a module of its own, found by name.
const kind = process.argv[2] || "stock";
const report = require("../reports/" + kind);
process.stdout.write(report(process.argv.slice(3)) + "\n");
