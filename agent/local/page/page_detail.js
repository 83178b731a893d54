// One pipeline: its truths, figures, graph, log, tap, deaths and configuration.
const detail = {id: undefined, tab: "log", rates: new ComponentRates(), inspected: "", inspectText: undefined};
const tabs = ["log", "tap", "deaths", "yaml"];

function startDetail() {
  detail.plot = newPlot(600, 64);
  byId("d-plot").append(detail.plot.node);
  detail.log = new LogTail(byId("panel-log"));
  detail.tap = new Tap(byId("panel-tap"));
  detail.graph = new Graph(byId("graph"), (component) => {
    detail.graph.showTapped(component.id);
    showTab("tap");
    detail.tap.watch(pipelineOf(detail.id) || {id: detail.id, name: detail.id}, component);
    byId("panel-tap").scrollIntoView({block: "nearest"});
  });
  for (const name of tabs) byId("tab-" + name).addEventListener("click", () => showTab(name));
  byId("tabs").addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    showTab(tabs[(tabs.indexOf(detail.tab) + step + tabs.length) % tabs.length]);
    byId("tab-" + detail.tab).focus();
  });
}

function openDetail(id) {
  if (detail.id === id) return;
  closeDetail();
  detail.id = id;
  byId("detail").hidden = false;
  byId("detail").scrollTop = 0;
  byId("graph").replaceChildren();
  showDetail();
  showTab("log");
  inspect();
}

function closeDetail() {
  detail.log.forget();
  detail.tap.forget();
  detail.id = undefined;
  detail.inspected = "";
  detail.inspectText = undefined;  // what is opened next is drawn, be it the same
  detail.components = undefined;
  detail.rates = new ComponentRates();
  byId("detail").hidden = true;
  byId("panel-yaml").replaceChildren();
}

function showTab(name) {
  detail.tab = name;
  for (const each of tabs) {
    const chosen = each === name;
    mark(byId("tab-" + each), "aria-selected", String(chosen));
    mark(byId("tab-" + each), "tabindex", chosen ? "0" : "-1");
    byId("panel-" + each).hidden = !chosen;
  }
  followLog();
}

// The log is asked for only where it is seen.
function followLog() {
  const pipeline = detail.id && pipelineOf(detail.id);
  if (pipeline && detail.tab === "log" && !document.hidden) detail.log.follow(pipeline);
  else detail.log.stop();
}

// What it runs. Asked for again when another version runs.
async function inspect() {
  const id = detail.id;
  const pipeline = pipelineOf(id);
  if (!pipeline) return;
  const wanted = `${id} ${pipeline.version} ${pipeline.sync}`;
  if (detail.inspected === wanted) return;
  detail.inspected = wanted;
  try {
    const text = await getText(pipelinePath(id) + "/inspect");
    if (detail.id !== id || text === detail.inspectText) return;
    detail.inspectText = text;
    showInspected(JSON.parse(text));
  } catch (error) {
    if (detail.id !== id) return;
    detail.inspected = "";  // with the next look
    if (error.kind === "token") askForToken(error.message);
    else putWords(byId("graph-none"), error.message);
  }
}

function showInspected(it) {
  const components = (it.components || []).filter((component) => !component.id.startsWith("vf_"));
  putWords(byId("graph-none"), components.length ? "" : "It has no components.");
  detail.components = components;
  detail.graph.show(components);
  detail.graph.showRates(detail.rates.rates);
  if (detail.tap.component) detail.graph.showTapped(detail.tap.component.id);
  const fact = (name, value) => (value ? [el("dt", {}, name), el("dd", {class: "mono"}, value)] : []);
  const text = (name, value) => (value ? [el("h3", {}, name), el("pre", {class: "yaml", tabindex: "0", "aria-label": name}, value)] : []);
  byId("panel-yaml").replaceChildren(
    el("dl", {class: "facts"}, ...fact("Checksum", it.checksum), ...fact("Log level", it.logLevel), ...fact("Secrets", (it.secretNames || []).join(", ")),
       ...fact("Certificates", (it.certFiles || []).join(", "))),
    ...text("Configuration, secrets masked", it.yaml), ...text("Sidecar of the agent's", it.sidecar));
}

function showDetail() {
  const pipeline = pipelineOf(detail.id);
  if (!pipeline) {
    put(byId("d-name"), detail.id);
    put(byId("d-id"), "");
    putWords(byId("d-problem"), model.status ? "The agent is not asked to run this pipeline (any more)." : "");
    return;
  }
  put(byId("d-name"), pipeline.name);
  put(byId("d-id"), pipeline.id === pipeline.name ? "" : pipeline.id);
  const {link} = model.status;
  const truth = (name, word, tones, more) => {
    put(byId("d-" + name), word);
    mark(byId("d-" + name), "data-tone", tones[word] || "bad");
    put(byId(`d-${name}-more`), more);
  };
  truth("link", link.state, linkTone, link.reason || "");
  truth("sync", pipeline.sync, syncTone, `version ${pipeline.version}` + (pipeline.refusedVersion ? `; version ${pipeline.refusedVersion} is refused` : ""));
  truth("process", pipeline.state, processTone, pipeline.pid ? `pid ${pipeline.pid}, ${duration(pipeline.uptimeSeconds)}` : "");
  putWords(byId("d-refusal"), pipeline.refusal);
  putWords(byId("d-problem"), pipeline.problem);
  const flow = flowOf(pipeline.id);
  const reading = flow.last || {};
  const top = drawPlot(detail.plot, flow.points, model.at);
  put(byId("d-top"), `last ${Math.round(plotMilliseconds() / 60000)} min` + (top > 0 ? `, up to ${short(top)}/s` : ""));
  put(byId("d-in"), perSecond(flow.rates.eventsIn));
  put(byId("d-out"), perSecond(flow.rates.eventsOut));
  put(byId("d-bytes-in"), perSecond(flow.rates.bytesIn, "B"));
  put(byId("d-bytes-out"), perSecond(flow.rates.bytesOut, "B"));
  put(byId("d-errors"), short(reading.errors) + (flow.rates.errors > 0 ? `, ${short(flow.rates.errors)}/s` : ""));
  mark(byId("d-errors"), "data-tone", flow.errorsAt > model.at - 60000 ? "bad" : "off");
  put(byId("d-discarded"), short(reading.discarded));
  put(byId("d-memory"), bytes(reading.memoryBytes));
  put(byId("d-cpu"), percent(flow.cpu));
  put(byId("d-restarts"), String(pipeline.restarts));
  put(byId("d-ports"), pipeline.ports ? `${pipeline.ports.metrics}, ${pipeline.ports.api}` : unknown);
  showDeaths(pipeline);
  inspect();
  followLog();
}

function showDeaths(pipeline) {
  const deaths = (model.status.deaths || []).filter((death) => death.pipelineId === pipeline.id);
  put(byId("tab-deaths"), deaths.length ? `Deaths ${deaths.length}` : "Deaths");
  const shown = JSON.stringify(deaths);
  if (byId("panel-deaths").deaths === shown) return;
  byId("panel-deaths").deaths = shown;
  if (!deaths.length) {
    byId("panel-deaths").replaceChildren(el("p", {class: "muted"}, "It has not died among the last 20 deaths of this agent."));
    return;
  }
  byId("panel-deaths").replaceChildren(...deaths.map((death) => el("div", {class: "death"},
    el("p", {}, el("b", {}, clock(death.at * 1000)), ` ${death.how}, version ${death.version}, after ${duration(death.uptimeMilliseconds / 1000)}`),
    ...(death.lastError ? [el("pre", {}, death.lastError)] : []), el("p", {class: "muted"}, "Next: " + death.next))));
}

// Figures of its components, for the graph; once with each look at the list.
async function lookAtComponents() {
  const id = detail.id;
  if (!id || !pipelineOf(id)) return;
  const answer = await getJson(`/readings?pipeline=${encodeURIComponent(id)}&components=1`);
  if (detail.id !== id || !detail.rates.take(answer.pipelines[0]) || !detail.components) return;
  detail.graph.showRates(detail.rates.rates);
}
