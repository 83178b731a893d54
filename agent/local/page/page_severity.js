// How badly a pipeline needs somebody: what the list is sorted and filtered by.
const groups = [
  {key: "bad", name: "Need attention"},
  {key: "busy", name: "Changing"},
  {key: "off", name: "Stopped"},
  {key: "ok", name: "Running"},
];

const processTone = {running: "ok", starting: "busy", stopping: "busy", waiting: "busy", stopped: "off", crashed: "bad",
                     "crash loop": "bad"};
const syncTone = {applied: "ok", applying: "busy", refused: "bad", "rolled back": "bad"};
const linkTone = {connected: "ok", connecting: "busy", degraded: "bad", refused: "bad"};
const signs = {bad: "▲", busy: "◆", off: "○", ok: "●"};
const toneNames = {bad: "needs attention", busy: "changing", off: "stopped", ok: "running"};

// {tone, rank}: the greater the rank, the worse. `pipeline` is one of /status.
function severity(pipeline) {
  if (pipeline.state === "crash loop") return {tone: "bad", rank: 9};
  if (pipeline.state === "crashed") return {tone: "bad", rank: 8};
  if (pipeline.sync === "refused") return {tone: "bad", rank: 7};
  if (pipeline.sync === "rolled back") return {tone: "bad", rank: 6};
  if (pipeline.problem) return {tone: "bad", rank: 5};
  const process = processTone[pipeline.state] || "bad";  // a word that this page does not know yet
  const sync = syncTone[pipeline.sync] || "bad";
  if (process === "bad" || sync === "bad") return {tone: "bad", rank: 4};
  if (process === "busy" || sync === "busy") return {tone: "busy", rank: 3};
  return process === "off" ? {tone: "off", rank: 2} : {tone: "ok", rank: 1};
}
