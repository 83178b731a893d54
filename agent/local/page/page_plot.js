// Events in and out of the last minutes as two lines: of one at first, of five once they are known. All plots have the same.
const plotMilliseconds = () => Math.min(Math.max(model.at - (model.began || model.at), 60 * 1000), historyMilliseconds);

function newPlot(width, height) {
  const lineIn = svg("path", {class: "plot-in"});
  const lineOut = svg("path", {class: "plot-out"});
  const node = svg("svg", {class: "plot", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none",
                           "aria-hidden": "true"}, lineOut, lineIn);
  return {node, lineIn, lineOut, width, height};
}

// Answers the greatest rate shown.
function drawPlot(plot, points, now) {
  const span = plotMilliseconds();
  points = points.filter((point) => point.t >= now - span);
  const top = points.reduce((most, point) => Math.max(most, point.in || 0, point.out || 0), 0);
  const x = (t) => (plot.width * (1 - (now - t) / span)).toFixed(1);
  const y = (value) => (plot.height - 1 - (plot.height - 3) * (top > 0 ? value / top : 0)).toFixed(1);
  for (const [line, name] of [[plot.lineIn, "in"], [plot.lineOut, "out"]]) {
    let path = "";
    let pen = "M";
    for (const point of points) {
      if (point[name] === undefined) {
        pen = "M";
        continue;
      }
      path += `${pen}${x(point.t)} ${y(point[name])}`;
      pen = "L";
    }
    mark(line, "d", path);
  }
  return top;
}
