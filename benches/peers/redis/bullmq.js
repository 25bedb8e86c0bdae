// Measures bullmq, whose jobs are in Redis. Its command line is that of the peers in Rust: `list`, or `MEASURE SETTING URI`.

const { Queue, Worker } = require("bullmq");
const { version } = require("bullmq/package.json");

const CALLERS = [1, 8, 64, 512];
const WARM_UP = 300;
const SPAN = 1500;
const TASKS = 20000;
const WORKERS = 100;
const AT_MOST = 60000;

const payload = (number) => ({ number, text: "some words so" });
// A finished job is removed, as fang does.
const options = { removeOnComplete: true };

function connection(uri) {
  const { hostname, port } = new URL(uri);
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
}

// Callers that each insert a job, wait for the answer and repeat. They share a connection, over which their commands go
// without waiting for each other. Returns the rate.
async function produce(queue, callers, span) {
  const began = performance.now();
  let inserted = 0;
  const repeat = async () => {
    while (performance.now() < began + span) {
      await queue.add("noop", payload(inserted), options);
      inserted += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, repeat));
  return (inserted / (performance.now() - began)) * 1000;
}

async function insert(uri) {
  const queue = new Queue("common", { connection: connection(uri) });
  const figures = [];
  for (const callers of CALLERS) {
    await produce(queue, callers, WARM_UP);
    figures.push([`${callers} ${callers === 1 ? "caller" : "callers"} tasks/s`, await produce(queue, callers, SPAN)]);
  }
  return figures;
}

async function drain(uri, tasks) {
  const queue = new Queue("common", { connection: connection(uri) });
  for (let first = 0; first < tasks; first += 1000) {
    const numbers = Array.from({ length: Math.min(1000, tasks - first) }, (_, place) => first + place);
    await queue.addBulk(numbers.map((number) => ({ name: "noop", data: payload(number), opts: options })));
  }
  const ran = new Set();
  let runs = 0;
  const began = performance.now();
  const worker = new Worker(
    "common",
    async (job) => {
      runs += 1;
      ran.add(job.data.number);
    },
    { connection: connection(uri), concurrency: WORKERS },
  );
  // This event comes once the result is saved.
  let saved = 0;
  await new Promise((resolve) => {
    worker.on("completed", () => {
      saved += 1;
      if (saved === tasks) resolve();
    });
    setTimeout(resolve, AT_MOST);
  });
  const took = (performance.now() - began) / 1000;
  return [["tasks/s", saved / took], ["tasks", ran.size], ["run twice", runs - ran.size]];
}

function settings() {
  const text = `bullmq ${version} on Node ${process.versions.node}, concurrency ${WORKERS}, removeOnComplete`;
  return [
    ["not durable", `${text}, Redis as installed`],
    ["appendfsync always", `${text}, Redis writes each command to its disk`],
  ].map(([name, about]) => ({ name, text: about, measures: ["drain", "long-drain", "insert"] }));
}

async function main([measure, _setting, uri]) {
  const measures = { insert, drain: () => drain(uri, TASKS), "long-drain": () => drain(uri, TASKS * 10) };
  if (measure === "list") return { name: "bullmq (Redis)", version, settings: settings() };
  if (!measures[measure]) throw new Error("usage: list | MEASURE SETTING URI");
  return { figures: await measures[measure](uri), notes: [] };
}

main(process.argv.slice(2)).then(
  (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0)),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
