// What is known of one element, and the tables of alarms.

function make(name, options = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key === "onclick") element.addEventListener("click", value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function titleOf(state, chosen) {
  const { buses, edges, stars } = state.data;
  if (chosen.kind === "bus") return buses.name[chosen.place] || buses.id[chosen.place];
  if (chosen.kind === "star") return stars[chosen.place][1] || stars[chosen.place][0];
  return edges.name[chosen.place] || edges.id[chosen.place];
}

function idOf(state, chosen) {
  const { buses, edges, stars } = state.data;
  if (chosen.kind === "star") return stars[chosen.place][0];
  return (chosen.kind === "bus" ? buses : edges).id[chosen.place];
}

/** One line on an element: for tips and for screen readers. */
function summary(state, chosen) {
  const { data, row } = state;
  const parts = [titleOf(state, chosen)];
  if (chosen.kind === "edge" && data.edges.closed[chosen.place] !== 3) parts.push("open");
  if (data.states && chosen.kind === "bus") {
    parts.push(voltageWords(state, chosen.place));
  } else if (data.states && chosen.kind === "edge" && chosen.place < data.states.limits.length) {
    parts.push(currentWords(state, chosen.place));
    const percent = at(state.series.loading, chosen.place, row);
    if (!Number.isNaN(percent)) parts.push(percent.toFixed(1) + " %");
  }
  if (chosen.kind !== "star" && isSupposed(state, chosen.kind, chosen.place)) parts.push(SUPPOSED);
  return parts.join(" · ");
}

/** Names and values of an element at the instant. */
function facts(state, chosen) {
  const { data, row, series } = state;
  const { place } = chosen;
  const found = [["id", idOf(state, chosen)]];
  if (chosen.kind === "star") return [...found, ["kind", "transformer with three windings"]];
  if (chosen.kind === "bus") {
    found.push(["nominal", data.buses.kv[place] + " kV"]);
    if (data.buses.min[place] !== null || data.buses.max[place] !== null) {
      found.push(["allowed", (data.buses.min[place] ?? "–") + " to " + (data.buses.max[place] ?? "–") + " pu"]);
    }
    if (!data.states) return found;
    const pu = at(series.voltage, place, row);
    if (Number.isNaN(pu)) return [...found, ["voltage", data.states.fed[place] ? "not known" : "none: nothing feeds it"]];
    found.push(["voltage", voltageWords(state, place) + ", " + (pu * data.buses.kv[place]).toFixed(3) + " kV" + worstPhase(phasesOf(state, "voltage", place), 1)]);
    if (isSupposed(state, "bus", place)) found.push(["known from", "expected values: measurements alone do not tell"]);
    found.push(["withdraws", power(at(series.p, place, row)) + ", " + power(at(series.q, place, row), "var")]);
    return found;
  }
  const kind = data.edges.kind[place];
  found.push(["kind", data.edges.kinds[kind] + (data.edges.closed[place] === 3 ? "" : ", open")]);
  if (!data.states || kind === "tie") return found;
  const limit = data.states.limits[place];
  const percent = at(series.loading, place, row);
  found.push(["current", currentWords(state, place) + (limit === null ? ", no limit" : " of " + quantity(limit, "A"))]);
  if (!Number.isNaN(percent)) found.push(["loading", percent.toFixed(1) + " %"]);
  const through = at(series.through, place, row);
  if (isSupposed(state, "edge", place)) found.push(["known from", "expected values: measurements alone do not tell"]);
  if (Number.isNaN(through)) return found;
  const away = nodeTitle(state, data.edges[through >= 0 ? "to" : "from"][place]);
  found.push(["carries", power(Math.abs(through)) + " towards " + away]);
  return found;
}

function nodeTitle(state, node) {
  const count = state.data.buses.id.length;
  return titleOf(state, node < count ? { kind: "bus", place: node } : { kind: "star", place: node - count });
}

function neighbours(state, chosen) {
  const { data } = state;
  const count = data.buses.id.length;
  const asNode = (node) => (node < count ? { kind: "bus", place: node } : { kind: "star", place: node - count });
  if (chosen.kind === "edge") return [asNode(data.edges.from[chosen.place]), asNode(data.edges.to[chosen.place])];
  const node = nodeOf(state, chosen);
  return (state.edgesAt[node] || []).map((place) => ({ kind: "edge", place }));
}

function showDetail(state, panel, act) {
  const chosen = state.selected;
  if (!chosen) {
    panel.replaceChildren(make("h2", {}, "Element"), make("p", {}, "Point at, tap or search an element to see its values."));
    return;
  }
  const list = make("dl");
  for (const [name, value] of facts(state, chosen)) list.append(make("dt", {}, name), make("dd", {}, value));
  panel.replaceChildren(make("h2", {}, titleOf(state, chosen)), list);
  const id = idOf(state, chosen);
  for (const [element, kind, value, limit, unit, worst, places, phase] of state.data.states?.alarms ?? []) {
    if (element !== id) continue;
    const times = `in ${places.length} of ${state.data.states.instants}, at worst ${quantity(value, unit)}`;
    const text = kind === "unsupplied" ? `▲ without supply ${times}` : `▲ ${kind} limit broken ${times}${phase ? " in phase " + phase : ""} of ${quantity(limit, unit)}`;
    panel.append(make("button", { class: "row flag", onclick: () => act.show(worst) }, text));
  }
  for (const [element, text, mark] of state.data.notes) {
    if (element === id) panel.append(make("p", { class: mark === "bad" ? "worse" : "" }, ({ bad: "⊗ ", measured: "◆ ", changed: "△ ", added: "⊕ " }[mark] ?? "") + text));
  }
  if (state.data.states && state.data.states.instants > 1 && chosen.kind !== "star") showCurve(state, chosen, panel);
  showConnected(state, chosen, panel, act);
}

function showConnected(state, chosen, panel, act) {
  if (chosen.kind === "bus") {
    for (const [bus, , name, ids] of state.data.hangings) {
      if (bus === chosen.place) panel.append(make("p", {}, name + ": " + ids.slice(0, 8).join(", ") + (ids.length > 8 ? " and " + (ids.length - 8) + " more" : "")));
    }
  }
  panel.append(make("h3", {}, chosen.kind === "edge" ? "Between" : "Connected"));
  for (const other of neighbours(state, chosen).slice(0, 30)) {
    panel.append(make("button", { class: "row", onclick: () => act.select(other, { focus: true }) }, summary(state, other)));
  }
}

/** The day of an element as a curve, with its limits. */
function showCurve(state, chosen, panel) {
  const canvas = make("canvas", { role: "img", "aria-label": "Course over the day" });
  panel.append(canvas);
  drawCurve(state, chosen, canvas);
}

function drawCurve(state, chosen, canvas) {
  const { data, series, row } = state;
  const isBus = chosen.kind === "bus";
  if (!isBus && chosen.place >= data.states.limits.length) return canvas.remove();
  const source = isBus ? series.voltage : series.current;
  const values = Array.from({ length: data.states.instants }, (_, i) => at(source, chosen.place, i));
  const known = values.filter((value) => !Number.isNaN(value));
  if (!known.length) return canvas.remove();
  const limits = isBus
    ? [data.buses.min[chosen.place], data.buses.max[chosen.place]].filter((each) => each !== null)
    : [data.states.limits[chosen.place]].filter((each) => each !== null);
  const low = isBus ? Math.min(...known, ...limits) : 0;
  const high = Math.max(...known, ...limits, low + 1e-6);
  const context = prepared(canvas);
  const width = canvas.clientWidth;
  const y = (value) => theme.grown * (78 - (66 * (value - low)) / (high - low));
  const x = (i) => (width * (i + 0.5)) / values.length;
  context.fillStyle = theme.grid;
  context.fillRect((width * row) / values.length, 0, Math.max(width / values.length, 2), 82 * theme.grown);
  context.setLineDash([4, 4]);
  context.strokeStyle = theme.bad;
  for (const limit of limits) line(context, [[0, y(limit)], [width, y(limit)]]);
  context.setLineDash([]);
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.8;
  line(context, values.map((value, i) => [x(i), y(Number.isNaN(value) ? low : value)]));
  context.font = letters(10.5);
  context.textAlign = "left";
  const unit = isBus ? "pu" : "A";
  label(context, quantity(Math.max(...known), unit), 2, 10 * theme.grown, theme.soft);
  label(context, quantity(Math.min(...known), unit), 2, 90 * theme.grown, theme.soft);
  context.textAlign = "right";
  label(context, state.data.moments[row] + "  " + quantity(values[row], unit), width - 2, 90 * theme.grown, theme.ink);
}

function line(context, points) {
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function showAlarms(state, panel, act) {
  const alarms = state.data.states?.alarms ?? [];
  const heading = make("h2", {}, alarms.length ? `Alarms: ${alarms.length} element${alarms.length > 1 ? "s" : ""}` : "Alarms");
  if (!alarms.length) {
    const text = state.data.states ? "No limit is broken." : "No states are shown.";
    return panel.replaceChildren(heading, make("p", {}, text));
  }
  const list = make("div");
  for (const [element, kind, value, limit, unit, worst, places, phase] of alarms.slice(0, 200)) {
    const found = state.byId.get(element);
    const times = runs(places).map(([a, b]) => (a === b ? state.data.moments[a] : `${state.data.moments[a]}–${state.data.moments[b]}`)).join(", ");
    list.append(
      make("button", { class: "row", onclick: () => act.jump(found, worst) },
        make("span", { class: "flag" }, "▲ "), `${found ? titleOf(state, found) : element}: ${quantity(value, unit)}${kind === "unsupplied" ? "" : " of " + quantity(limit, unit)} `,
        make("small", {}, `${kind}${phase ? " of phase " + phase : ""}, ${times}`)),
    );
  }
  if (alarms.length > 200) list.append(make("p", {}, `and ${alarms.length - 200} more, less severe`));
  return panel.replaceChildren(heading, list);
}
