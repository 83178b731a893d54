// The list of pipelines. Each has a row that lives as long as the pipeline; what changes is written, the rest is let alone.
const list = {rows: new Map(), order: [], current: undefined, group: "", onOpen: () => {}};

class Row {
  constructor(id) {
    this.id = id;
    this.plot = newPlot(120, 22);
    this.visible = true;
    const cell = (name, label) => el("span", {role: "gridcell", class: "c-" + name, "data-label": label});
    this.cells = {name: cell("name"), state: cell("state"), sync: cell("sync"), in: cell("in", "in"), out: cell("out", "out"),
                  plot: cell("plot"), errors: cell("errors", "errors"), memory: cell("memory", "memory"),
                  cpu: cell("cpu", "CPU"), restarts: cell("restarts", "restarts"), why: cell("why")};
    this.sign = el("span", {class: "sign", "aria-hidden": "true"});
    this.name = el("b");
    this.cells.name.append(this.sign, this.name);
    this.cells.plot.append(this.plot.node);
    this.node = el("div", {role: "row", class: "cols pipeline", tabindex: "-1"}, ...Object.values(this.cells));
    this.node.row = this;
  }

  show(pipeline, flow) {
    this.pipeline = pipeline;
    this.flow = flow;
    const {cells} = this;
    const rates = flow.rates;
    const reading = flow.last || {};
    mark(this.node, "data-tone", pipeline.tone);
    put(this.sign, signs[pipeline.tone]);
    put(this.name, pipeline.name);
    put(cells.state, pipeline.state);
    mark(cells.state, "data-tone", processTone[pipeline.state] || "bad");
    put(cells.sync, `${pipeline.sync} v${pipeline.refusedVersion || pipeline.version}`);
    mark(cells.sync, "data-tone", syncTone[pipeline.sync] || "bad");
    put(cells.in, short(rates.eventsIn));
    put(cells.out, short(rates.eventsOut));
    put(cells.errors, short(reading.errors) + (rates.errors > 0 ? ` +${short(rates.errors)}/s` : ""));
    mark(cells.errors, "data-tone", flow.errorsAt > model.at - 60000 ? "bad" : "off");
    put(cells.memory, bytes(reading.memoryBytes));
    put(cells.cpu, percent(flow.cpu));
    put(cells.restarts, String(pipeline.restarts));
    mark(cells.restarts, "data-tone", pipeline.restarts > 0 ? "busy" : "off");
    putWords(cells.why, pipeline.refusal || pipeline.problem);
    this.drawIfSeen();
  }

  drawIfSeen() {
    if (this.visible && this.flow) drawPlot(this.plot, this.flow.points, model.at);
  }
}

const orders = {
  worst: (row) => row.pipeline.rank,
  name: () => 0,
  in: (row) => row.flow.rates.eventsIn,
  out: (row) => row.flow.rates.eventsOut,
  errors: (row) => (row.flow.last || {}).errors,
  memory: (row) => (row.flow.last || {}).memoryBytes,
  cpu: (row) => row.flow.cpu,
  restarts: (row) => row.pipeline.restarts,
};

const byName = new Intl.Collator(undefined, {numeric: true});

function sortedRows() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({pipeline}) => {
    const text = `${pipeline.name} ${pipeline.id} ${pipeline.state} ${pipeline.sync}`.toLowerCase();
    return (!list.group || pipeline.tone === list.group) && words.every((word) => text.includes(word));
  };
  const figure = orders[byId("sort").value];
  const value = new Map();
  const rows = [...list.rows.values()].filter(matches);
  for (const row of rows) value.set(row, figure(row) ?? -1);
  return rows.sort((a, b) => value.get(b) - value.get(a) || byName.compare(a.pipeline.name, b.pipeline.name) ||
                             byName.compare(a.id, b.id));
}

// Puts rows where they belong; one that stays is not touched, so that it keeps the focus and costs nothing.
function arrangeRows() {
  const box = byId("rows");
  const order = sortedRows();
  const wanted = new Set(order);
  for (const row of list.order) if (!wanted.has(row)) row.node.remove();
  const focused = document.activeElement;
  let place = box.firstChild;
  for (const row of order) {
    if (place && row.node !== place && row.node === place.nextSibling) place = row.node;  // the one between belongs further down
    if (row.node === place) place = place.nextSibling;
    else box.insertBefore(row.node, place);
  }
  if (focused && focused.row && document.activeElement !== focused && focused.isConnected) focused.focus({preventScroll: true});
  list.order = order;
  if (!wanted.has(list.current)) setCurrentRow(order[0]);
  const total = list.rows.size;
  putWords(byId("none"), order.length ? "" : total ? "No pipeline is like that." : "Nothing is to be run here.");
}

function setCurrentRow(row) {
  if (list.current) list.current.node.tabIndex = -1;
  list.current = row;
  if (row) row.node.tabIndex = 0;
}

function showList() {
  const pipelines = model.status ? model.status.pipelines : [];
  const seen = new Set();
  for (const pipeline of pipelines) {
    seen.add(pipeline.id);
    let row = list.rows.get(pipeline.id);
    if (!row) {
      row = new Row(pipeline.id);
      list.rows.set(pipeline.id, row);
      list.seer.observe(row.node);
    }
    row.show(pipeline, flowOf(pipeline.id));
  }
  for (const [id, row] of list.rows) {
    if (seen.has(id)) continue;
    list.rows.delete(id);
    list.seer.unobserve(row.node);
    row.node.remove();
  }
  arrangeRows();
  showGroups(pipelines);
}

function showGroups(pipelines) {
  for (const button of byId("filters").children) {
    const key = button.group;
    const count = key ? pipelines.filter((pipeline) => pipeline.tone === key).length : pipelines.length;
    put(button.count, String(count));
    mark(button, "aria-pressed", String(list.group === key));
    mark(button, "data-tone", key && count ? key : "off");
    button.disabled = Boolean(key) && !count && list.group !== key;
  }
}

function markOpenRow(id) {
  for (const row of list.rows.values()) mark(row.node, "aria-selected", String(row.id === id));
}

function moveInList(event) {
  const here = list.order.indexOf(event.target.row);
  if (here < 0) return;
  const steps = {ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: Infinity, PageDown: here + 15, PageUp: here - 15};
  if (event.key === "Enter") list.onOpen(event.target.row.id);
  else if (event.key in steps) focusRow(list.order[Math.min(Math.max(steps[event.key], 0), list.order.length - 1)]);
  else return;
  event.preventDefault();
}

function focusRow(row) {
  if (!row) return;
  setCurrentRow(row);
  row.node.focus();
}

function startList(onOpen) {
  list.onOpen = onOpen;
  list.seer = new IntersectionObserver((entries) => entries.forEach((entry) => {
    entry.target.row.visible = entry.isIntersecting;
    entry.target.row.drawIfSeen();
  }), {root: byId("list"), rootMargin: "200px"});
  for (const {key, name} of [{key: "", name: "All"}, ...groups]) {
    const count = el("b");
    const button = el("button", {type: "button", onclick: () => {
      list.group = list.group === key ? "" : key;
      arrangeRows();
      showGroups(model.status ? model.status.pipelines : []);
    }}, key ? el("span", {class: "sign", "aria-hidden": "true"}, signs[key]) : "", el("span", {class: key ? "word" : ""}, name + " "), count);
    button.group = key;
    button.count = count;
    byId("filters").append(button);
  }
  byId("rows").addEventListener("keydown", moveInList);
  byId("rows").addEventListener("click", (event) => {
    const node = event.target.closest(".pipeline");
    if (!node) return;
    setCurrentRow(node.row);
    list.onOpen(node.row.id);
  });
  byId("search").addEventListener("input", arrangeRows);
  byId("sort").addEventListener("change", arrangeRows);
  byId("search").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    focusRow(list.order[0]);
  });
}
