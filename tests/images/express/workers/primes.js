const { parentPort, workerData } = require("worker_threads");
const moment = require("moment");
require("moment/locale/fr");

let count = 0;
for (let number = 2; number <= workerData; number++) {
  let prime = true;
  for (let d = 2; d * d <= number; d++) if (number % d === 0) { prime = false; break; }
  if (prime) count++;
}
parentPort.postMessage({ count, day: moment.utc(0).locale("fr").format("dddd") });
