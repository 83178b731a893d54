// What is known: the agent's last /status and /readings, and of each pipeline the flow of the last minutes.
const model = {status: undefined, statusText: "", flows: new Map(), at: 0, began: undefined};
const historyMilliseconds = 5 * 60 * 1000;

// Rates of one process, from counters that only grow. Where that process, or the agent's scrapes, began anew, the plot
// has a gap.
class Flow {
  constructor() {
    this.points = [];    // {t, in, out}; in and out undefined: a gap
    this.rates = {};     // per second: eventsIn, eventsOut, bytesIn, bytesOut, errors
    this.last = undefined;
    this.cpu = undefined;
    this.cpuMarks = [];  // {t, seconds} of the last 10 s: the kernel counts in steps of 10 ms, so 2 s say little
    this.errorsAt = 0;   // when errors last grew
  }

  take(reading, at) {
    this.takeCpu(reading, at);
    const before = this.last;
    this.last = reading;
    if (reading.readAt === undefined) {
      this.rates = {};
      return;
    }
    if (before && before.readAt === reading.readAt && before.generation === reading.generation) return;
    const known = before && before.readAt !== undefined && before.generation === reading.generation;
    const seconds = known ? (reading.readAt - before.readAt) / 1000 : 0;
    this.rates = {};
    if (seconds > 0) {
      for (const name of ["eventsIn", "eventsOut", "bytesIn", "bytesOut", "errors"]) {
        const grown = reading[name] - before[name];
        if (grown >= 0) this.rates[name] = grown / seconds;
      }
      if (this.rates.errors > 0) this.errorsAt = at;
    }
    this.points.push({t: reading.readAt, in: this.rates.eventsIn, out: this.rates.eventsOut});
    while (this.points.length && this.points[0].t < reading.readAt - historyMilliseconds) this.points.shift();
  }

  takeCpu(reading, at) {
    const marks = this.cpuMarks;
    const end = marks[marks.length - 1];
    if (this.last && this.last.generation !== reading.generation) marks.length = 0;
    if (reading.cpuSeconds === undefined) {
      marks.length = 0;
      this.cpu = undefined;
      return;
    }
    if (end && at <= end.t) return;
    marks.push({t: at, seconds: reading.cpuSeconds});
    while (marks.length > 2 && marks[1].t <= at - 10000) marks.shift();
    const used = reading.cpuSeconds - marks[0].seconds;
    this.cpu = marks.length > 1 && used >= 0 ? (used * 1000) / (at - marks[0].t) : undefined;
  }
}

// True where it is news.
function takeStatus(text) {
  if (text === model.statusText) return false;
  model.statusText = text;
  model.status = JSON.parse(text);
  model.status.pipelines.forEach((pipeline) => Object.assign(pipeline, severity(pipeline)));
  return true;
}

function takeReadings(readings) {
  model.at = readings.at;
  model.began ??= readings.at;
  const seen = new Set();
  for (const reading of readings.pipelines) {
    seen.add(reading.id);
    if (!model.flows.has(reading.id)) model.flows.set(reading.id, new Flow());
    model.flows.get(reading.id).take(reading, readings.at);
  }
  for (const id of model.flows.keys()) if (!seen.has(id)) model.flows.delete(id);
}

// While nobody looked nothing was asked: what lies between is not known.
function breakPlots() {
  for (const flow of model.flows.values()) {
    flow.cpuMarks.length = 0;
    if (flow.last && flow.last.readAt !== undefined) {
      flow.points.push({t: flow.last.readAt});
      flow.last = {...flow.last, readAt: undefined};
    }
  }
}

const pipelineOf = (id) => model.status && model.status.pipelines.find((pipeline) => pipeline.id === id);
const noFlow = new Flow();
const flowOf = (id) => model.flows.get(id) || noFlow;

// Events a second along the edges of a graph, from two answers with components. {id: {received, sent, errors, …}}
class ComponentRates {
  constructor() {
    this.last = undefined;
    this.rates = new Map();
  }

  // True where there is something new.
  take(reading) {
    const before = this.last;
    if (!reading || reading.readAt === undefined || !reading.components) return false;
    if (before && before.readAt === reading.readAt && before.generation === reading.generation) return false;
    this.last = reading;
    const rates = new Map();
    const seconds = before && before.generation === reading.generation ? (reading.readAt - before.readAt) / 1000 : 0;
    const older = new Map(before ? before.components.map((component) => [component.id, component]) : []);
    for (const now of reading.components) {
      const then = older.get(now.id);
      const rate = (name) => {
        const grown = then && seconds > 0 ? now[name] - then[name] : NaN;
        return grown >= 0 ? grown / seconds : undefined;
      };
      rates.set(now.id, {received: rate("receivedEvents"), sent: rate("sentEvents"), errors: now.errors,
                         errorRate: rate("errors"), discarded: now.discarded});
    }
    this.rates = rates;
    return true;
  }
}
