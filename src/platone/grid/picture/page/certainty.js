// Estimated states and the three phases: how sure a value is, and in which phase it is.

const PHASES = ["A", "B", "C"];
const SUPPOSED = "rests on expected values";

/** A value and its standard deviation, with the digits that it supports. */
function withStd(value, std, most) {
  if (!(std > 0)) return value.toFixed(most);
  const digits = Math.min(Math.max(-Math.floor(Math.log10(std)), 0), most);
  return value.toFixed(digits) + " ± " + std.toFixed(digits);
}

/** The three phases of "voltage" or "current"; none in balanced states. */
function phasesOf(state, name, place) {
  const all = PHASES.map((phase) => state.series[name + phase]);
  return all[0] ? all.map((series) => at(series, place, state.row)) : null;
}

function phaseWords(values, digits, unit) {
  return values.map((value, i) => PHASES[i] + " " + value.toFixed(digits)).join(" ") + " " + unit;
}

/** The phase farthest from nominal, or with most; nothing in balanced states. */
function worstPhase(values, from) {
  if (!values) return "";
  const away = values.map((value) => (from ? Math.abs(value - from) : value));
  return " " + PHASES[away.indexOf(Math.max(...away))];
}

function voltageWords(state, place) {
  const pu = at(state.series.voltage, place, state.row);
  if (Number.isNaN(pu)) return state.data.states.fed[place] ? "not known" : "without voltage";
  const phases = phasesOf(state, "voltage", place);
  if (phases) return phaseWords(phases, 4, "pu");
  const std = state.series.voltageStd;
  return std ? withStd(pu, at(std, place, state.row), 4) + " pu" : quantity(pu, "pu");
}

function currentWords(state, place) {
  const ampere = at(state.series.current, place, state.row);
  if (Number.isNaN(ampere)) return "not known";
  const phases = phasesOf(state, "current", place);
  if (phases) return phaseWords(phases, 1, "A");
  const std = state.series.currentStd;
  return std ? withStd(ampere, at(std, place, state.row), 1) + " A" : quantity(ampere, "A");
}

/** Deviations have no room in a scheme: tips tell them. */
function written(state, value, std, most) {
  const told = withStd(value, std, most);
  return state.layout.kind === "scheme" ? told.split(" ")[0] : told;
}

/** What is written beside a bus; nothing where nothing feeds it. */
function voltageLabel(state, place) {
  const pu = at(state.series.voltage, place, state.row);
  if (Number.isNaN(pu)) return state.data.states.fed[place] ? "?" : "";
  const std = state.series.voltageStd;
  if (std) return written(state, pu, at(std, place, state.row), 4) + " pu";
  return pu.toFixed(3) + " pu" + worstPhase(phasesOf(state, "voltage", place), 1);
}

/** What is written beside a branch; nothing where it would read 0. */
function loadingLabel(state, place) {
  const percent = at(state.series.loading, place, state.row);
  if (!(percent >= 0.5)) return "";
  const series = state.series.currentStd;
  const std = series ? (100 * at(series, place, state.row)) / state.data.states.limits[place] : 0;
  if (std >= 0.5) return written(state, percent, std, 0) + " %";
  return percent.toFixed(0) + " %" + worstPhase(phasesOf(state, "current", place), 0);
}

/** Whether measurements alone do not determine a bus, or an end of a branch. */
function isSupposed(state, kind, place) {
  const known = state.data.states?.observable;
  const series = kind === "bus" ? state.series.voltage : state.series.current;
  const hasValue = kind === "bus" || place < state.data.states?.limits.length;
  if (!known || !hasValue || Number.isNaN(at(series, place, state.row))) return false;
  if (kind === "bus") return !known[place];
  return [state.data.edges.from[place], state.data.edges.to[place]].some((node) => known[node] === false);
}

/** What a state estimation found, or what has changed; each finding leads to its element. */
function showFindings(state, panel, act) {
  panel.hidden = !state.data.findings.length;
  if (panel.hidden) return;
  const rows = state.data.findings.map(([text, element, isBad]) => {
    const found = state.byId.get(element);
    const words = isBad ? "⊗ " + text : text;
    if (!found) return make("p", { class: isBad ? "worse" : "" }, words);
    return make("button", { class: isBad ? "row worse" : "row", onclick: () => act.jump(found, state.row) }, words);
  });
  panel.replaceChildren(make("h2", {}, state.data.findingsTitle), ...rows);
}
