// Names and values beside the network: none covers another, a symbol or the place beside a bus.

const VALUES_FROM = 0.82;
const LETTER = 0.58;
const MAP_LETTERS = 14;
const LOADED_PERCENT = 80;

function drawLabels(state, pen) {
  const { data } = state;
  const usual = Math.min(Math.max(10 * Math.sqrt(pen.view.k), 9), 14);
  const size = usual * theme.grown;
  pen.context.font = letters(usual);
  const isValued = Boolean(data.states) && (pen.view.k >= VALUES_FROM || data.buses.id.length <= FEW);
  const taken = state.layout.kind === "map" ? symbolBoxes(state, pen) : [];
  const loadings = isValued ? loadingChoices(state, pen, size) : [];
  const isLoaded = (each) => each.percent >= LOADED_PERCENT;
  const choices = [
    ...loadings.filter(isLoaded).map((each) => each.choices),
    ...busChoices(state, pen, size, isValued),
    ...loadings.filter((each) => !isLoaded(each)).map((each) => each.choices),
  ];
  for (const each of choices) {
    const free = each.find((one) => taken.every((other) => !isOver(boxOfLabel(one, size), other)));
    if (!free) continue;
    taken.push(boxOfLabel(free, size));
    pen.context.textAlign = free.align;
    label(pen.context, free.text, free.x, free.y, free.colour);
  }
}

function isOver(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function boxOfLabel({ text, x, y, align }, size) {
  const width = LETTER * size * text.length;
  const left = x - { left: 0, center: width / 2, right: width }[align];
  return [left, y - 0.8 * size, left + width, y + 0.2 * size];
}

/** Boxes of what is drawn on a map, where labels have no rows of their own. */
function symbolBoxes(state, pen) {
  const { data, layout } = state;
  const found = [];
  const take = (x, y, wide, high, more = 0) => {
    if (isSeen([x, y, x, y], pen.seen, 90)) {
      const [sx, sy] = screen(pen.view, x, y);
      found.push([sx - wide, sy - high, sx + wide + more, sy + high]);
    }
  };
  for (let i = 0; i < layout.x.length; i++) take(layout.x[i], layout.top[i], 3, 14);
  const count = {};
  for (const [bus] of data.hangings) count[bus] = (count[bus] ?? 0) + 1;
  for (const [bus, several] of Object.entries(count)) {
    if (layout.hang[bus]) take(...layout.hang[bus], 8, 8, (several - 1) * HANG_STEP * pen.view.k);
  }
  data.edges.kind.forEach((kind, i) => {
    if (kind !== "line") take(...along(layout.routes[i], 0.5), 8, 8);
  });
  return found;
}

/** The places of each bus's name and voltage, those of broken limits first. */
function busChoices(state, pen, size, isValued) {
  const { data, layout, row } = state;
  const broken = new Set((data.states?.alarms ?? []).filter((alarm) => alarm[6].includes(row)).map(([id]) => id));
  const seen = data.buses.id.map((_, i) => i).filter((i) => isSeen([layout.x[i], layout.top[i], layout.x[i], layout.top[i]], pen.seen, 90));
  const order = [...seen.filter((i) => broken.has(data.buses.id[i])), ...seen.filter((i) => !broken.has(data.buses.id[i]))];
  return order.flatMap((i) => (layout.kind === "map" ? mapChoices : schemeChoices)(state, pen, size, i, isValued ? voltageLabel(state, i) : ""));
}

function mapChoices({ data, layout }, pen, size, i, value) {
  const name = shortened(data.buses.name[i] || data.buses.id[i], MAP_LETTERS);
  const [x, y] = screen(pen.view, layout.x[i], layout.top[i]);
  const texts = value ? [name + "  " + value, name, value] : [name];
  const places = [[7, -6, "left"], [-7, -6, "right"], [-7, 6 + size * 0.6, "right"]];
  return [texts.flatMap((text) => places.map(([dx, dy, align]) => ({ text, x: x + dx, y: y + dy, align, colour: theme.ink })))];
}

function schemeChoices({ data, layout }, pen, size, i, value) {
  const y = layout.top[i];
  const away = layout.hang[i] && layout.hang[i][1] === y ? 5 : 0;
  const most = Math.max(4, Math.floor((layout.room[i] * pen.view.k) / (size * LETTER)));
  const [x, above] = screen(pen.view, layout.x[i] + 7, y - 6 - away);
  const found = [[{ text: shortened(data.buses.name[i] || data.buses.id[i], most), x, y: above, align: "left", colour: theme.ink }]];
  const below = pen.view.k * (y + 13 + away) + pen.view.y + size - size / theme.grown;
  if (value) found.push([{ text: value, x, y: below, align: "left", colour: theme.soft }]);
  return found;
}

/** The places of the loadings, the highest first. */
function loadingChoices(state, pen, size) {
  const { data, layout, row } = state;
  const found = [];
  const more = size - size / theme.grown;
  for (let i = 0; i < data.states.limits.length; i++) {
    const text = loadingLabel(state, i);
    if (!text || !isSeen(layout.boxes[i], pen.seen, 0)) continue;
    const route = layout.routes[i];
    let [x, y] = along(route, 0.5);
    if (layout.kind === "map") y += data.edges.kind[i] === "line" ? 3 : 20;
    else if (route.length === 4) [x, y] = [Math.max(route[0], route[2]) - 24, y + 13];
    const [sx, sy] = screen(pen.view, x, y);
    found.push({ percent: at(state.series.loading, i, row), choices: [{ text, x: sx, y: sy + more, align: "center", colour: theme.soft }] });
  }
  return found.sort((a, b) => b.percent - a.percent);
}
