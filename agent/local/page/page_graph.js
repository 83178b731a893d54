// The graph of components as SVG: rates on the edges, and each component a button that starts a tap.
class Graph {
  constructor(box, onChoose) {
    this.box = box;
    this.onChoose = onChoose;
    box.addEventListener("keydown", (event) => this.move(event));
  }

  show(components) {
    this.layout = layoutGraph(components);
    const {nodes, edges, width, height} = this.layout;
    this.current = undefined;
    const inputs = new Map();
    for (const edge of edges) inputs.set(edge.to, (inputs.get(edge.to) || 0) + 1);
    const branching = new Set(edges.filter((edge) => edge.port).map((edge) => edge.from));
    for (const edge of edges) {
      // The one input of a component is all it receives; what has one output sends all of it along every edge. Else no
      // figure of Vector's is about this edge alone.
      edge.figure = inputs.get(edge.to) === 1 ? [edge.to, "received"] : branching.has(edge.from) ? undefined : [edge.from, "sent"];
      edge.node = this.edgeNode(edge);
    }
    for (const node of nodes) node.node = this.nodeNode(node);
    // Small graphs are not blown up; large ones shrink a little, then scroll.
    const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "presentation"}, ...edges.map((edge) => edge.node), ...nodes.map((node) => node.node));
    picture.style.width = `${width}px`;
    picture.style.minWidth = `${Math.round(width * 0.75)}px`;
    this.box.replaceChildren(picture);
    this.setCurrent(nodes[0]);
    this.showRates(new Map());
  }

  edgeNode(edge) {
    const path = [];
    for (let index = 1; index < edge.way.length; ++index) {
      const [from, to] = [edge.way[index - 1], edge.way[index]];
      const [x1, y1, x2, y2] = [from.right, from.y + from.h / 2, to.x, to.y + to.h / 2];
      const bend = (x2 - x1) / 2;
      if (index === 1) path.push(`M${from.x + from.w} ${y1}H${x1}`);
      path.push(`C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      if (to.id === undefined) path.push(`H${to.x + to.w}`);
      // Near the end that no other edge shares.
      if (to.before.length === 1) edge.labelAt = [x2 - 34, y2 - 4];
      else if (from.after.length === 1) edge.labelAt = [x1 + 34, y1 - 4];
      else edge.labelAt = [(x1 + x2) / 2, (y1 + y2) / 2 - 4];
    }
    edge.line = svg("path", {d: path.join(""), class: "edge"});
    edge.label = svg("text", {x: edge.labelAt[0], y: edge.labelAt[1], class: "rate"});
    const port = edge.port && svg("text", {x: edge.labelAt[0], y: edge.labelAt[1] + 15, class: "port"}, cutTo(edge.port, 12));
    return svg("g", {"aria-hidden": "true"}, edge.line, edge.label, ...(port ? [port] : []));
  }

  nodeNode(node) {
    const most = Math.floor((node.w - 18) / 7.2);
    node.errors = svg("text", {x: node.w - 7, y: 34, class: "n-errors"});
    const choose = () => {
      this.setCurrent(node);
      this.onChoose(node);
    };
    const group = svg("g", {class: "node", "data-kind": node.kind, transform: `translate(${node.x} ${node.y})`, role: "button", tabindex: "-1"},
                      svg("title", {}, node.id), svg("rect", {width: node.w, height: node.h, rx: 4}), svg("rect", {class: "edge-mark", width: 4, height: node.h, rx: 2}),
                      svg("text", {x: 12, y: 18, class: "n-id"}, cutTo(node.id, most)), svg("text", {x: 12, y: 34, class: "n-type"}, cutTo(node.type, Math.floor(most * 1.1))), node.errors);
    if (node.kind === "unknown") return fill(group, {"aria-disabled": "true"}, []);
    return fill(group, {onclick: choose, onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    }}, []);
  }

  showRates(rates) {
    for (const edge of this.layout.edges) {
      const [id, name] = edge.figure || [];
      const rate = (rates.get(id) || {})[name];
      put(edge.label, rate === undefined ? "" : short(rate) + "/s");
      mark(edge.line, "data-flow", rate > 0 ? "yes" : rate === 0 ? "no" : "unknown");
      mark(edge.line, "stroke-width", rate > 0 ? (1.2 + Math.min(Math.log10(1 + rate), 5) * 0.6).toFixed(1) : "1.2");
    }
    for (const node of this.layout.nodes) {
      const {received, sent, errors = 0, errorRate = 0} = rates.get(node.id) || {};
      put(node.errors, errors > 0 ? `${short(errors)} err` : "");
      mark(node.node, "data-tone", errorRate > 0 ? "bad" : "ok");
      const words = [received === undefined ? "" : `in ${perSecond(received)}`, sent === undefined ? "" : `out ${perSecond(sent)}`,
                     errors > 0 ? plural(errors, "error") : ""].filter(Boolean).join(", ");
      mark(node.node, "aria-label", `${node.kind} ${node.id}, ${node.type}${words ? ", " + words : ""}`);
    }
  }

  showTapped(id) {
    for (const node of this.layout.nodes) mark(node.node, "aria-pressed", String(node.id === id));
  }

  setCurrent(node) {
    if (this.current) this.current.node.setAttribute("tabindex", "-1");
    this.current = node;
    if (node) node.node.setAttribute("tabindex", "0");
  }

  // Left and right go along the columns, up and down within one.
  move(event) {
    const {current} = this;
    const step = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]}[event.key];
    if (!step || !current) return;
    event.preventDefault();
    const column = this.layout.nodes.filter((node) => node.column === current.column + step[0] && (step[0] || (node.y - current.y) * step[1] > 0));
    const nearest = column.sort((a, b) => Math.abs(a.y - current.y) - Math.abs(b.y - current.y))[0];
    if (!nearest) return;
    this.setCurrent(nearest);
    nearest.node.focus();
  }
}

const cutTo = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
