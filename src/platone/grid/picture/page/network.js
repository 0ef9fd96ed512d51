// The network on its canvas, with less detail the farther away it is.

const SYMBOLS_FROM = 0.4;
const LABELS_FROM = 0.62;
const LABELS_OF_FEW_FROM = 0.42;
const FEW = 60;
const BARS_ON_TOP_FROM = 0.2;
const SWITCH_AWAY = 17;
const HANG_STEP = 24;
const PALE = 0.55;
const FEW_MARKS = 12;
const MARK_WIDTH = 22;

/** What can be seen: the window in world units. */
function windowOf(view, width, height) {
  return [-view.x / view.k, -view.y / view.k, (width - view.x) / view.k, (height - view.y) / view.k];
}

function isSeen(box, seen, margin) {
  return box[2] >= seen[0] - margin && box[0] <= seen[2] + margin && box[3] >= seen[1] - margin && box[1] <= seen[3] + margin;
}

function drawNetwork(state, canvas) {
  const { layout, view } = state;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const context = prepared(canvas, width, height);
  const seen = windowOf(view, width, height);
  const pen = { context, view, seen, thick: Math.min(Math.max(Math.sqrt(view.k), 0.55), 1.5) };
  const isNear = view.k >= SYMBOLS_FROM;
  context.lineCap = "round";
  if (isNear) drawHangings(state, pen);
  drawSelection(state, pen);
  // from afar the colours of edges tell more than those of crowded buses
  const parts = view.k < BARS_ON_TOP_FROM ? [drawBars, drawEdges] : [drawEdges, drawBars];
  for (const part of parts) part(state, pen);
  if (isNear) drawSymbols(state, pen);
  if (view.k >= (state.data.buses.id.length <= FEW ? LABELS_OF_FEW_FROM : LABELS_FROM)) drawLabels(state, pen);
  else drawLandmarks(state, pen);
  drawMarks(state, pen);
  if (canvas.matches(":focus-visible")) drawCross(context, width, height);
}

function screen(view, x, y) {
  return [view.k * x + view.x, view.k * y + view.y];
}

function edgeLook(state, place) {
  const { data, row, mode } = state;
  const edges = data.edges;
  const isOpen = edges.closed[place] !== 3;
  if (!data.states || mode === "level") return { colour: state.edgeLevel[place], width: 1.8, isOpen };
  if (edges.kind[place] === "tie") return { colour: data.colours.unknown, width: 1.4, isOpen };
  const percent = at(state.series.loading, place, row);
  if (isOpen && !at(state.series.current, place, row)) return { colour: data.colours.dead, width: 1.3, isOpen };
  if (Number.isNaN(percent)) return { colour: data.colours.unknown, width: 1.6, isOpen };
  const colour = colourOf(data.colours.loading, percent >= 100 ? percent : Math.round(percent), data.colours.unknown);
  return { colour, width: 1.4 + 2.6 * Math.min(percent / 100, 1.2), isOpen, isPale: isSupposed(state, "edge", place) };
}

/** Edges of one look are one path: thousands of them cost a few strokes. */
function drawEdges(state, pen) {
  const { layout } = state;
  const paths = new Map();
  for (let i = 0; i < layout.routes.length; i++) {
    if (!isSeen(layout.boxes[i], pen.seen, 60)) continue;
    const look = edgeLook(state, i);
    const width = Math.round(look.width * 2) / 2;
    const key = look.colour + width + look.isOpen + look.isPale;
    let path = paths.get(key);
    if (!path) paths.set(key, (path = { ...look, width, path: new Path2D() }));
    trace(path.path, layout.routes[i], pen.view);
  }
  for (const { colour, width, isOpen, isPale, path } of [...paths.values()].sort((a, b) => a.width - b.width)) {
    pen.context.setLineDash(isOpen ? [5, 5] : []);
    pen.context.strokeStyle = colour;
    pen.context.lineWidth = width * pen.thick;
    pen.context.globalAlpha = isPale ? PALE : 1;
    pen.context.stroke(path);
  }
  pen.context.globalAlpha = 1;
  pen.context.setLineDash([]);
}

function trace(path, route, view) {
  const points = [];
  for (let i = 0; i < route.length; i += 2) points.push(...screen(view, route[i], route[i + 1]));
  path.moveTo(points[0], points[1]);
  if (points.length === 4) path.lineTo(points[2], points[3]);
  else path.bezierCurveTo(...points.slice(2));
}

function busColour(state, place) {
  const { data, row, mode } = state;
  if (!data.states || mode === "level") return state.busLevel[place];
  const pu = at(state.series.voltage, place, row);
  if (Number.isNaN(pu)) return data.states.fed[place] ? data.colours.unknown : data.colours.dead;
  return colourOf(data.colours.voltage, Math.round(1000 * (pu - 1)) / 10, "");
}

function drawBars(state, pen) {
  const { data, layout } = state;
  const isMap = layout.kind === "map";
  const dense = Math.min(Math.max(Math.sqrt(pen.view.k), 0.3), 1.5);
  const paths = new Map();
  for (let i = 0; i < data.buses.id.length; i++) {
    const reach = isMap ? 0 : 8;
    const box = [layout.x[i], layout.top[i] - reach, layout.x[i], layout.bottom[i] + reach];
    if (!isSeen(box, pen.seen, 20)) continue;
    const key = busColour(state, i) + "|" + state.rank[i] + "|" + (isSupposed(state, "bus", i) ? PALE : 1);
    let path = paths.get(key);
    if (!path) paths.set(key, (path = new Path2D()));
    const [x, top] = screen(pen.view, box[0], box[1]);
    const bottom = pen.view.k * box[3] + pen.view.y;
    path.moveTo(x, top);
    path.lineTo(x, isMap ? top + 0.01 : bottom);
  }
  for (const [key, path] of paths) {
    const [colour, rank, alpha] = key.split("|");
    pen.context.globalAlpha = Number(alpha);
    pen.context.strokeStyle = colour;
    pen.context.lineWidth = ((isMap ? 6 : 4) + 1.4 * Number(rank)) * dense;
    pen.context.stroke(path);
  }
  pen.context.globalAlpha = 1;
}

function drawHangings(state, pen) {
  const { data, layout } = state;
  const { context, view } = pen;
  const used = {};
  for (const [bus, name] of data.hangings) {
    let spot = name === "source" && layout.feed[bus];
    let from = [layout.x[bus], layout.top[bus]];
    if (!spot) {
      const step = (used[bus] = (used[bus] ?? -1) + 1);
      spot = [layout.hang[bus][0] + step * HANG_STEP, layout.hang[bus][1]];
      if (step > 0) from = [spot[0] - HANG_STEP, spot[1]];
      else if (layout.kind !== "map") from = [from[0], spot[1]];
    }
    if (!isSeen([spot[0], spot[1], spot[0], spot[1]], pen.seen, 40)) continue;
    context.strokeStyle = theme.wire;
    context.lineWidth = 1.2;
    context.beginPath();
    context.moveTo(...screen(view, ...from));
    context.lineTo(...screen(view, ...spot));
    context.stroke();
    drawShape(context, name, ...screen(view, ...spot), Math.min(view.k, 1.6) * 0.95);
  }
}

function drawSymbols(state, pen) {
  const { data, layout } = state;
  const { context, view } = pen;
  const scale = Math.min(view.k, 1.6);
  data.edges.kind.forEach((kind, i) => {
    if ((kind !== "transformer" && kind !== "tie") || !isSeen(layout.boxes[i], pen.seen, 20)) return;
    const route = layout.routes[i];
    const [x, y] = screen(view, ...along(route, 0.5));
    if (kind === "tie") drawShape(context, data.edges.closed[i] === 3 ? "closed" : "opened", x, y, scale, angleAt(route, 0.5));
    else drawCoils(context, x, y, scale, angleAt(route, 0.5), edgeLook(state, i).colour);
  });
  data.stars.forEach((_, i) => {
    const node = data.buses.id.length + i;
    const [x, y] = screen(view, layout.x[node], layout.top[node]);
    context.strokeStyle = theme.wire;
    context.lineWidth = 1.3;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x, view.k * layout.bottom[node] + view.y);
    context.stroke();
    drawCoils(context, x, y, scale, 0, theme.wire, 3);
  });
  for (const [, edge, end, closed] of data.switches) {
    const route = layout.routes[edge];
    if (!isSeen(layout.boxes[edge], pen.seen, 20)) continue;
    const share = shareAt(route, SWITCH_AWAY);
    const [x, y] = screen(view, ...along(route, end ? 1 - share : share));
    drawShape(context, closed ? "closed" : "opened", x, y, scale, angleAt(route, end ? 1 - share : share));
  }
}

/** From afar only the buses of sources have names. */
function drawLandmarks(state, pen) {
  const { data, layout } = state;
  pen.context.font = letters(11, 600);
  pen.context.textAlign = "left";
  const taken = [];
  for (const [bus, name] of data.hangings) {
    if (name !== "source") continue;
    const [x, y] = screen(pen.view, layout.x[bus], layout.top[bus]);
    if (taken.some(([tx, ty]) => Math.abs(tx - x) < 110 * theme.grown && Math.abs(ty - y) < 14 * theme.grown)) continue;
    taken.push([x, y]);
    label(pen.context, data.buses.name[bus] || data.buses.id[bus], x + 6, y - 8, theme.ink);
  }
}

function drawSelection(state, pen) {
  for (const [chosen, width] of [[state.hovered, 5], [state.selected, 7]]) {
    if (!chosen) continue;
    const { context, view } = pen;
    context.globalAlpha = 0.45;
    context.strokeStyle = theme.accent;
    context.lineWidth = width * pen.thick + 5;
    const path = new Path2D();
    if (chosen.kind === "edge") trace(path, state.layout.routes[chosen.place], view);
    else {
      const node = nodeOf(state, chosen);
      const [x, top] = screen(view, state.layout.x[node], state.layout.top[node]);
      path.moveTo(x, top - 6);
      path.lineTo(x, view.k * state.layout.bottom[node] + view.y + 6);
    }
    context.stroke(path);
    context.globalAlpha = 1;
  }
}

/** Alarms of the instant and notes are seen from any distance. */
function drawMarks(state, pen) {
  const { data, layout, row } = state;
  for (const drawn of ["measured", "bad", "changed", "added"]) { // from afar what is measured must not hide the network
    const scale = drawn === "measured" ? 0.6 * pen.thick : 0.9;
    for (const [element, , mark] of data.notes) {
      if (mark !== drawn || !state.byId.has(element)) continue;
      const [x, y] = screen(pen.view, ...spotOf(state, element));
      drawShape(pen.context, mark, x - 10 * scale, y + (layout.kind === "scheme" ? -10 : 8) * scale, scale);
    }
  }
  if (!data.states) return;
  const now = data.states.alarms.filter((alarm) => alarm[6].includes(row)); // the worst first
  const scale = now.length <= FEW_MARKS ? 0.9 : 0.5;
  const marked = [];
  for (const [element] of now) { // a mark that would cover a worse one is left to the colours
    const [x, y] = screen(pen.view, ...spotOf(state, element));
    if (marked.every(([mx, my]) => Math.hypot(mx - x, my - y) >= MARK_WIDTH * scale)) marked.push([x, y]);
  }
  for (const [x, y] of marked.reverse()) drawShape(pen.context, "alarm", x, y - 15 * scale, scale);
}

function drawCross(context, width, height) {
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(width / 2 - 12, height / 2);
  context.lineTo(width / 2 + 12, height / 2);
  context.moveTo(width / 2, height / 2 - 12);
  context.lineTo(width / 2, height / 2 + 12);
  context.stroke();
}

function nodeOf(state, chosen) {
  return chosen.kind === "star" ? state.data.buses.id.length + chosen.place : chosen.place;
}

/** Where an element is looked for. */
function spotOf(state, id) {
  const found = state.byId.get(id);
  if (!found) return [0, 0];
  if (found.kind === "edge") return along(state.layout.routes[found.place], 0.5);
  const node = nodeOf(state, found);
  return [state.layout.x[node], state.layout.top[node]];
}
