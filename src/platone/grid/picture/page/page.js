// The page: its state, and what changes it.

const box = (id) => document.getElementById(id);

async function unpacked(series, instants) {
  const packed = Uint8Array.from(atob(series.data), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return { scale: series.scale, instants, values: summed(bytes, instants) };
}

function start() {
  const data = JSON.parse(box("data").textContent);
  opened(data).then(run).catch((error) => {
    box("trouble").hidden = false;
    box("trouble").textContent = "This browser cannot show the page (it needs one of 2023 or later): " + error;
  });
}

/** The state of the page: what is known, and what is shown of it. */
async function opened(data) {
  const state = { data, row: 0, mode: "state", selected: null, hovered: null, heatLine: -1, series: {} };
  if (data.states) {
    for (const [name, series] of Object.entries(data.states.series)) {
      state.series[name] = await unpacked(series, data.states.instants);
    }
    state.row = data.states.worst;
    state.worstLoading = Array.from({ length: data.states.instants }, (_, i) =>
      data.states.severity.reduce((most, place) => Math.max(most, at(state.series.loading, place, i)), 0));
    state.alarmsAt = Array.from({ length: data.states.instants }, () => 0);
    for (const alarm of data.states.alarms) for (const place of alarm[6]) state.alarmsAt[place] += 1;
  }
  index(state);
  for (const layout of data.layouts) arrange(layout, data);
  state.layout = data.layouts[0];
  return state;
}

/** What is found by id, by name, and by node. */
function index(state) {
  const { buses, edges, stars, switches, hangings, levels } = state.data;
  const elements = buses.id.map((id, place) => ({ id, name: buses.name[place], target: { kind: "bus", place } }));
  edges.id.forEach((id, place) => elements.push({ id, name: edges.name[place], target: { kind: "edge", place } }));
  stars.forEach(([id, name], place) => elements.push({ id, name, target: { kind: "star", place } }));
  switches.forEach(([id, place]) => elements.push({ id, name: "switch", target: { kind: "edge", place } }));
  hangings.forEach(([place, , name, ids]) => ids.forEach((id) => elements.push({ id, name, target: { kind: "bus", place } })));
  state.elements = elements;
  state.byId = new Map([...elements].reverse().map((each) => [each.id, each.target]));
  state.edgesAt = {};
  edges.from.forEach((node, place) => {
    for (const end of [node, edges.to[place]]) (state.edgesAt[end] ??= []).push(place);
  });
  const levelOf = new Map(levels);
  state.busLevel = buses.kv.map((kv) => levelOf.get(kv));
  state.rank = buses.kv.map((kv) => Math.min(levels.filter(([each]) => each < kv).length, 3));
  const kvOf = (node) => buses.kv[node] ?? Infinity;
  state.edgeLevel = edges.from.map((node, place) => levelOf.get(Math.min(kvOf(node), kvOf(edges.to[place]))));
}

/** Boxes of the edges, and the room for the buses' names. */
function arrange(layout, data) {
  layout.boxes = layout.routes.map(boxOf);
  layout.room = layout.x.map(() => (layout.kind === "map" ? 150 : 70));
  if (layout.kind === "map") return;
  const known = new Set();
  layout.routes.forEach((route, i) => {
    if (route.length !== 4) return;
    const left = route[0] < route[2] ? data.edges.from[i] : data.edges.to[i];
    if (layout.top[left] !== route[1]) return;
    const room = Math.abs(route[2] - route[0]) - 14;
    layout.room[left] = known.has(left) ? Math.min(layout.room[left], room) : room;
    known.add(left);
  });
}

function run(state) {
  const act = actions(state);
  readShapes(state.data);
  describe(state);
  restore(state, act);
  startControls(state, act);
  new ResizeObserver(() => act.resized()).observe(box("stage"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act.restyled);
  window.addEventListener("beforeprint", () => { isPrinting = true; act.restyled(true); });
  window.addEventListener("afterprint", () => { isPrinting = false; act.restyled(true); });
  document.documentElement.dataset.ready = "yes";
}

function actions(state) {
  const canvas = box("network");
  const size = () => [canvas.clientWidth, canvas.clientHeight];
  const least = () => fitted(state.layout.size, ...size(), 4).k * 0.6;
  let due = 0;
  const act = {
    paint: () => { due = 0; drawNetwork(state, canvas); },
    draw: () => { due ||= requestAnimationFrame(act.paint); },
    look: (view) => { state.view = held(view, state.layout, ...size()); act.draw(); },
    fit: () => act.look(fitted(state.layout.size, ...size(), 4)),
    pan: (dx, dy) => act.look({ ...state.view, x: state.view.x + dx, y: state.view.y + dy }),
    zoom: (factor, x = size()[0] / 2, y = size()[1] / 2) => act.look(zoomed(state.view, factor, x, y, least())),
    under: ([x, y], reach) => nearest(state.layout, state.data.buses.id.length, (x - state.view.x) / state.view.k, (y - state.view.y) / state.view.k, reach / state.view.k),
    hover: (spot) => hovered(state, act, spot),
    tap: (spot, reach) => act.select(act.under(spot, reach)),
    select: (chosen, { focus = false } = {}) => {
      state.selected = chosen;
      state.heatLine = chosen?.kind === "edge" && state.data.states ? state.data.states.severity.indexOf(chosen.place) : -1;
      if (chosen && focus) act.look(centred(state.view, spotOf(state, idOf(state, chosen)), ...size(), 1));
      changed(state, act);
      box("spoken").textContent = chosen ? summary(state, chosen) : "Nothing is selected.";
    },
    show: (row) => {
      state.row = row;
      box("time").value = row;
      changed(state, act);
    },
    jump: (chosen, row) => {
      if (state.data.states) state.row = row;
      box("time").value = state.row;
      if (chosen) act.select(chosen, { focus: true });
    },
    mark: ({ line, row }) => {
      const place = state.data.states.severity[line];
      state.selected = { kind: "edge", place };
      state.heatLine = line;
      act.show(row);
      box("spoken").textContent = summary(state, state.selected) + ", " + state.data.moments[row];
    },
    cell: (cell) => {
      act.mark(cell);
      act.look(centred(state.view, spotOf(state, idOf(state, state.selected)), ...size(), 0.8));
    },
    play: () => played(state, act),
    resized: () => {
      const [width, height] = state.shown ?? size();
      state.shown = size();
      act.pan((size()[0] - width) / 2, (size()[1] - height) / 2);
      whole(state, act);
    },
    restyled: (atOnce) => { readTheme(); whole(state, act); if (atOnce === true) act.paint(); },
    layout: (kind) => {
      state.layout = state.data.layouts.find((each) => each.kind === kind);
      box("stage").style.height = "";
      fitStage(state);
      state.shown = size();
      act.look(firstView(state.layout.size, ...size()));
      changed(state, act);
      noted(state);
    },
    colours: (mode) => { state.mode = mode; showLegend(state, box("legend")); act.draw(); },
  };
  return act;
}

/** After another instant or element. */
function changed(state, act) {
  act.draw();
  showDetail(state, box("detail"), act);
  noted(state);
  if (!state.data.states) return;
  const { totals } = state.data.states;
  box("totals").replaceChildren(...Object.entries(totals).flatMap(([name, values]) => [make("dt", {}, name), make("dd", {}, power(values[state.row]))]));
  box("moment").textContent = state.data.moments[state.row];
  box("time").setAttribute("aria-valuetext", state.data.moments[state.row] + (state.alarmsAt[state.row] ? `, ${state.alarmsAt[state.row]} alarms` : ""));
  drawHeat(state, box("heatmap"));
}

/** All but the drawing itself: after another size or theme. */
function whole(state, act) {
  readTheme();
  showLegend(state, box("legend"));
  if (state.data.states) drawStrip(state, box("strip"));
  showAlarms(state, box("alarms"), act);
  showFindings(state, box("findings"), act);
  changed(state, act);
}

function hovered(state, act, spot) {
  const found = spot && act.under(spot, 8);
  const tip = box("tip");
  tip.hidden = !found;
  if (found) {
    tip.textContent = summary(state, found);
    const stage = box("stage");
    tip.style.left = Math.max(4, Math.min(spot[0] + 14, stage.clientWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, spot[1] + 18 + tip.offsetHeight > stage.clientHeight ? spot[1] - tip.offsetHeight - 10 : spot[1] + 16) + "px";
  }
  if (found?.place !== state.hovered?.place || found?.kind !== state.hovered?.kind) act.draw();
  state.hovered = found || null;
}

function played(state, act) {
  const button = box("play");
  if (state.timer) {
    clearInterval(state.timer);
    state.timer = 0;
  } else {
    // who asked for less motion sees one quarter-hour a second, not seven
    const isSlow = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    state.timer = setInterval(() => act.show((state.row + 1) % state.data.states.instants), isSlow ? 1000 : 140);
  }
  button.textContent = state.timer ? "❚❚" : "▶";
  button.setAttribute("aria-label", state.timer ? "Stop" : "Play the day");
}

function describe(state) {
  const { data } = state;
  const facts = [data.day, `network ${data.network.id}, version ${data.network.version}`, `${data.buses.id.length} buses, ${data.edges.id.length} branches and switches`];
  box("facts").textContent = facts.filter(Boolean).join(" · ");
  const instants = data.states ? data.states.instants : 0;
  box("clock").hidden = instants < 2;
  if (instants < 2) box("clock").style.display = "none";
  else box("time").max = instants - 1;
  box("heat").hidden = instants < 2;
  if (!data.states) return;
  const { severity, limits } = data.states;
  const shown = Math.min(severity.length, HEAT_MOST);
  const missing = limits.filter((limit) => limit === null).length;
  box("heatsaid").textContent = `${shown < severity.length ? `The ${shown} most loaded of ${severity.length}` : severity.length} branches, the most severe first, in % of the limit; ${data.zone ? `clocks of ${data.zone}, starts of intervals` : "by number of the state"}.` + (missing ? ` ${missing === 1 ? "1 branch without a limit is" : `${missing} branches without a limit are`} left out.` : "");
}

function startControls(state, act) {
  const { data } = state;
  const names = { map: "Map", scheme: "Scheme" };
  choice(box("layouts"), data.layouts.map(({ kind }) => [kind, names[kind]]), state.layout.kind, act.layout);
  choice(box("colours"), data.states ? [["state", "State"], ["level", "Voltage level"]] : [], "state", act.colours);
  box("nearer").addEventListener("click", () => act.zoom(1.4));
  box("farther").addEventListener("click", () => act.zoom(1 / 1.4));
  box("fit").addEventListener("click", act.fit);
  startSearch(state, box("search"), box("found"), act);
  startGestures(state, box("network"), act);
  if (!data.states || data.states.instants < 2) return;
  box("time").addEventListener("input", () => act.show(Number(box("time").value)));
  box("play").addEventListener("click", act.play);
  startHeatGestures(state, box("heatmap"), act);
}

/** The instant and element that the address names: #at=50&element=line/3&layout=map. */
function restore(state, act) {
  readTheme();
  const wanted = new URLSearchParams(location.hash.slice(1));
  const canvas = box("network");
  const layout = state.data.layouts.find(({ kind }) => kind === wanted.get("layout"));
  if (layout) state.layout = layout;
  fitStage(state);
  state.view = { ...firstView(state.layout.size, canvas.clientWidth, canvas.clientHeight) };
  const row = Number(wanted.get("at"));
  if (wanted.has("at") && state.data.states && row >= 0 && row < state.data.states.instants) state.row = Math.floor(row);
  box("time").value = state.row;
  whole(state, act);
  const found = state.byId.get(wanted.get("element"));
  if (found) act.jump(found, state.row);
  else if (state.data.states) begin(state, act);
  act.paint();
}

/** Without a wish: what is most worth a look, without moving there. */
function begin(state, act) {
  const { alarms, severity } = state.data.states;
  const bad = state.data.findings.find(([, element, isBad]) => isBad && element);
  const worst = bad ? state.byId.get(bad[1]) : alarms.length ? state.byId.get(alarms[0][0]) : severity.length ? { kind: "edge", place: severity[0] } : null;
  if (worst) act.select(worst);
  box("spoken").textContent = "";
}

/** A strip needs less height than the page has. */
function fitStage(state) {
  const stage = box("stage");
  const { k } = firstView(state.layout.size, stage.clientWidth, stage.clientHeight);
  const wanted = Math.max(k * state.layout.size[1] + 40, 260);
  stage.style.height = wanted < stage.clientHeight ? wanted + "px" : "";
}

function noted(state) {
  const address = new URLSearchParams();
  if (state.data.states) address.set("at", state.row);
  if (state.selected) address.set("element", idOf(state, state.selected));
  if (state.layout !== state.data.layouts[0]) address.set("layout", state.layout.kind);
  clearTimeout(state.noting);
  state.noting = setTimeout(() => history.replaceState(null, "", "#" + address), 200);
}
