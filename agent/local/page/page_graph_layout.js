// Where the components of a pipeline are drawn: columns from left to right, each edge leading to a later column, few
// crossings. Pure. `components` are those of /inspect.
const graphSize = {high: 42, between: 14, gap: 88, passing: 12};

// {from, to, port} for every input: an id, an output of one ("route.errors"), or a pattern of either ("in_*").
function graphEdges(components) {
  const ids = new Set(components.map((component) => component.id));
  const edges = [];
  const unknownIds = new Set();
  for (const {id: to, inputs = []} of components) {
    for (const input of inputs) {
      const dot = input.lastIndexOf(".");
      const stem = dot > 0 ? input.slice(0, dot) : input;
      const port = dot > 0 ? input.slice(dot + 1) : "";
      const add = (from, output) => {
        if (from !== to && !edges.some((edge) => edge.from === from && edge.to === to && edge.port === output)) edges.push({from, to, port: output});
      };
      if (ids.has(input)) add(input, "");
      else if (ids.has(stem)) add(stem, port);
      else if (/[*?[]/.test(input)) {
        for (const id of ids) {
          if (globMatches(input, id)) add(id, "");
          else if (port && globMatches(stem, id)) add(id, port);
        }
      } else {
        unknownIds.add(input);
        add(input, "");
      }
    }
  }
  return {edges, unknownIds: [...unknownIds]};
}

function globMatches(pattern, id) {
  const expression = pattern.replace(/[.+^${}()|\\[\]]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp(`^${expression}$`).test(id);
}

// The longest way from a source. A circle, which Vector refuses, is cut where it is met.
function graphColumns(ids, edges) {
  const into = new Map(ids.map((id) => [id, []]));
  for (const edge of edges) into.get(edge.to).push(edge.from);
  const column = new Map();
  const visit = (id) => {
    if (column.has(id)) return column.get(id);
    column.set(id, 0);
    const far = into.get(id).reduce((most, from) => Math.max(most, visit(from) + 1), 0);
    column.set(id, far);
    return far;
  };
  ids.forEach(visit);
  return column;
}

function layoutGraph(components) {
  const {edges, unknownIds} = graphEdges(components);
  const all = [...components, ...unknownIds.map((id) => ({id, kind: "unknown", type: "not in this pipeline"}))];
  const column = graphColumns(all.map(({id}) => id), edges);
  const columns = [];
  const place = (node, index) => {
    while (columns.length <= index) columns.push([]);
    columns[index].push(node);
    return node;
  };
  const nodes = new Map();
  for (const component of all) {
    const width = Math.min(Math.max(component.id.length * 7.4 + 22, component.type.length * 6.7 + 76), 216);  // room for "120 err"
    nodes.set(component.id, place({...component, w: Math.max(width, 110), h: graphSize.high, before: [], after: []}, column.get(component.id)));
  }
  // An edge over several columns passes through each of them in a lane of its own.
  for (const edge of edges) {
    edge.way = [nodes.get(edge.from)];
    for (let index = column.get(edge.from) + 1; index < column.get(edge.to); ++index) {
      edge.way.push(place({w: 0, h: graphSize.passing, before: [], after: []}, index));
    }
    edge.way.push(nodes.get(edge.to));
    for (let index = 1; index < edge.way.length; ++index) {
      edge.way[index].before.push(edge.way[index - 1]);
      edge.way[index - 1].after.push(edge.way[index]);
    }
  }
  orderColumns(columns);
  return {nodes: [...nodes.values()], edges, ...placeColumns(columns)};
}

// Each node to the middle of its neighbours, there and back some times.
function orderColumns(columns) {
  const number = (nodes) => nodes.forEach((node, index) => (node.rank = index));
  columns.forEach(number);
  for (let round = 0; round < 6; ++round) {
    const forth = round % 2 === 0;
    for (const nodes of forth ? columns : [...columns].reverse()) {
      for (const node of nodes) {
        const near = forth ? node.before : node.after;
        node.middle = near.length ? near.reduce((sum, other) => sum + other.rank, 0) / near.length : node.rank;
      }
      nodes.sort((a, b) => a.middle - b.middle || a.rank - b.rank);
      number(nodes);
    }
  }
}

function placeColumns(columns) {
  const heights = columns.map((nodes) => nodes.reduce((sum, node) => sum + node.h + graphSize.between, -graphSize.between));
  const height = Math.max(...heights, 0) + 16;
  let x = 8;
  columns.forEach((nodes, index) => {
    const wide = Math.max(...nodes.map((node) => node.w));
    let y = (height - heights[index]) / 2;
    for (const node of nodes) {
      if (node.id === undefined) node.w = wide;
      Object.assign(node, {x, y, column: index, right: x + wide});
      y += node.h + graphSize.between;
    }
    x += wide + graphSize.gap;
  });
  return {width: Math.max(x - graphSize.gap + 8, 0), height};
}
