// Runs before `npm start`.
const { execSync } = require("child_process");
console.log("starting on " + execSync("uname -s | tr A-Z a-z").toString().trim());
