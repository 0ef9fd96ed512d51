// Search, legend, and groups of buttons.

function startSearch(state, input, list, act) {
  const pick = (found) => {
    list.hidden = true;
    input.value = "";
    act.jump(found.target, state.row);
  };
  input.addEventListener("input", () => {
    const found = matches(state.elements, input.value, 12);
    list.replaceChildren(...found.map((each) => make("li", {},
      make("button", { class: "row", onclick: () => pick(each) }, each.name && each.name !== each.id ? each.name + " " : "", make("small", {}, each.id)))));
    if (input.value.trim() && !found.length) list.append(make("li", {}, make("p", {}, "Nothing has such a name or id.")));
    list.hidden = !input.value.trim();
  });
  input.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "Enter" && first) first.click();
    if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")];
    const next = all.indexOf(document.activeElement) + { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") input.focus();
    if (Number.isNaN(next)) return;
    event.preventDefault();
    (all[next] || input).focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!list.contains(event.target) && event.target !== input) list.hidden = true;
  });
}

/** Buttons of which one is pressed. */
function choice(group, options, current, chosen) {
  if (options.length < 2) return group.remove();
  const show = (value) => group.replaceChildren(...options.map(([key, text]) =>
    make("button", { "aria-pressed": String(key === value), onclick: () => { chosen(key); show(key); } }, text)));
  return show(current);
}

function showLegend(state, box) {
  const { data, mode } = state;
  const entries = [];
  if (data.states && mode === "state") {
    entries.push(scaleEntry("loading of branches", data.colours.loading, [[0, "0"], [50, "50"], [100, "100"], [150, "≥150 %"]]));
    const band = data.colours.voltage[data.colours.voltage.length - 1][0];
    entries.push(scaleEntry("voltage of buses, from nominal", data.colours.voltage, [[-band, "−" + band + " %"], [0, "0"], [band, "+" + band + " %"]]));
    entries.push(shapeEntry("limit broken", (context) => drawShape(context, "alarm", 12, 14, 0.9)));
  } else {
    for (const [kv, colour] of data.levels) entries.push(shapeEntry(kv + " kV", (context) => { context.fillStyle = colour; context.fillRect(2, 9, 20, 6); }));
  }
  if (data.edges.kind.includes("transformer")) entries.push(shapeEntry("transformer", (context) => drawCoils(context, 12, 12, 0.7, 0, theme.wire)));
  if (data.stars.length) entries.push(shapeEntry("with three windings", (context) => drawCoils(context, 12, 12, 0.65, 0, theme.wire, 3)));
  const closed = new Set(data.switches.map((each) => each[3]));
  data.edges.kind.forEach((kind, i) => kind === "tie" && closed.add(data.edges.closed[i] === 3 ? 1 : 0));
  if (closed.has(1)) entries.push(shapeEntry("closed switch", (context) => drawShape(context, "closed", 12, 12, 1)));
  if (closed.has(0)) entries.push(shapeEntry("open switch", (context) => drawShape(context, "opened", 12, 14, 1)));
  const kinds = new Map(data.hangings.map(([, shape, name]) => [shape, name]));
  for (const [shape, name] of kinds) entries.push(shapeEntry(name, (context) => drawShape(context, shape, 12, 12, 0.85)));
  if (data.states?.observable?.includes(false)) {
    entries.push(shapeEntry(SUPPOSED, (context) => { context.globalAlpha = PALE; context.fillStyle = "#3f86bd"; context.fillRect(2, 10, 20, 4); context.globalAlpha = 1; }));
  }
  for (const [mark, text] of [["measured", "measured"], ["bad", "bad measurement"], ["changed", "changed since the earlier version"], ["added", "added since"]]) {
    if (data.notes.some((note) => note[2] === mark)) entries.push(shapeEntry(text, (context) => drawShape(context, mark, 12, 12, 1)));
  }
  box.replaceChildren(...entries.map(([entry]) => entry));
  for (const [, draw] of entries) draw();
}

function shapeEntry(text, draw) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  return [make("span", {}, canvas, text), () => draw(prepared(canvas))];
}

function scaleEntry(text, anchors, ticks) {
  const canvas = make("canvas", { class: "scale", "aria-hidden": "true" });
  const low = ticks[0][0];
  const high = ticks[ticks.length - 1][0];
  const draw = () => {
    const context = prepared(canvas);
    const width = canvas.clientWidth - 44 * theme.grown;
    for (let i = 0; i < width; i++) {
      context.fillStyle = colourOf(anchors, low + ((high - low) * i) / width, theme.grid);
      context.fillRect(14 * theme.grown + i, 1, 1.5, 10 * theme.grown);
    }
    context.font = letters(10);
    context.fillStyle = theme.soft;
    context.textAlign = "center";
    for (const [value, name] of ticks) context.fillText(name, 14 * theme.grown + (width * (value - low)) / (high - low), 22 * theme.grown);
  };
  return [make("span", {}, text, canvas), draw];
}
