// Draws measured power over time: the mean, and from the least to the most. The server thins it.
const DAY_S = 86_400;
const LEAST_S = 3600; // what one may look at most closely

for (const place of document.querySelectorAll("[data-curve]")) begin(place);

function begin(place) {
  const own = place.dataset;
  const whole = [Number(own.from), Number(own.to)];
  const state = { place, own, whole, seen: whole, chart: null };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(state));
  addEventListener("resize", () => state.chart?.setSize(size(place)));
  look(state, whole);
}

async function look(state, [from, to]) {
  const asked = new URLSearchParams({
    from: new Date(from * 1000).toISOString().replace(".000", ""),
    to: new Date(to * 1000).toISOString().replace(".000", ""),
    steps: String(Math.min(2000, Math.max(100, Math.round(state.place.clientWidth)))),
  });
  const answer = await fetch(`${state.own.curve}?${asked}`).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return; // the table says all the same
  const [curve] = (await answer.json()).curves;
  if (!curve) return;
  state.seen = [from, to];
  state.step = curve.stepMinutes * 60;
  const start = Date.parse(curve.startTime) / 1000;
  // a step ends where the next one would begin: the last one is drawn to its end, too
  const steps = [curve.leastKw, curve.mostKw, curve.meanKw].map((kw) => [...kw, kw[kw.length - 1]]);
  state.data = [steps[0].map((_, at) => start + at * state.step), ...steps];
  draw(state);
}

function size(place) {
  return { width: Math.max(240, place.clientWidth), height: grown(260) };
}

// A length that is meant for letters of 16 px, as it is for those of the browser.
function grown(px) {
  return Math.round((px * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16);
}

function draw(state) {
  if (!state.data) return;
  const { place, own } = state;
  const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
  const lines = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { stroke: colour("--grid"), width: 1 },
    font: `${grown(12)}px system-ui, sans-serif`,
  };
  const shown = new Intl.NumberFormat(own.language, { maximumFractionDigits: 2 });
  const stairs = uPlot.paths.stepped({ align: 1 });
  const options = {
    ...size(place),
    tzDate: (second) => uPlot.tzDate(new Date(second * 1000), own.zone),
    legend: { show: false },
    scales: { x: { range: () => state.seen } },
    series: [
      {},
      { paths: stairs, points: { show: false } },
      { paths: stairs, points: { show: false } },
      { paths: stairs, points: { show: false }, stroke: colour("--meter"), width: 1.5 },
    ],
    bands: [{ series: [2, 1], fill: `${colour("--meter")}55` }],
    axes: [
      { ...lines, size: grown(30), ...marksOf(state.seen), values: (_, marks) => names(state, marks) },
      { ...lines, size: grown(58), space: grown(30), values: (_, marks) => marks.map((kw) => shown.format(kw)) },
    ],
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [(chart) => select(state, chart)],
      setCursor: [(chart) => tell(state, chart, shown)],
      ready: [(chart) => chart.over.addEventListener("dblclick", () => look(state, state.whole))],
    },
  };
  state.chart?.destroy();
  state.chart = new uPlot(options, state.data, place);
}

function marksOf([from, to]) {
  const isShort = to - from <= 2 * DAY_S;
  const days = [1, 2, 7, 14].map((count) => count * DAY_S);
  return to - from > 62 * DAY_S ? { space: grown(50) } : { space: grown(64), ...(isShort ? {} : { incrs: days }) };
}

function names({ own, seen }, marks) {
  const isDay = seen[1] - seen[0] <= 2 * DAY_S;
  const isLong = seen[1] - seen[0] > 62 * DAY_S;
  const form = isDay
    ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
    : isLong ? { month: "short" } : { day: "numeric", month: "short" };
  const named = new Intl.DateTimeFormat(own.language, { ...form, timeZone: own.zone });
  return marks.map((second) => named.format(new Date(second * 1000)));
}

function select(state, chart) {
  const { left, width } = chart.select;
  if (width < 8) return;
  const [from, to] = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  const first = Math.floor(from / 900) * 900;
  look(state, [first, Math.max(first + LEAST_S, Math.ceil(to / 900) * 900)]);
}

function tell({ place, own, step }, chart, shown) {
  const note = place.nextElementSibling;
  const at = chart.cursor.idx;
  if (at == null || chart.data[3][at] == null) {
    note.textContent = "\u00a0";
    return;
  }
  const [start, least, most, mean] = chart.data.map((values) => values[at]);
  const form = step >= DAY_S
    ? { day: "numeric", month: "long", year: "numeric" }
    : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  const when = new Intl.DateTimeFormat(own.language, { ...form, timeZone: own.zone });
  const range = least === most ? "" : ` (${shown.format(least)} … ${shown.format(most)})`;
  note.textContent = `${when.format(new Date(start * 1000))}: ${shown.format(mean)} kW${range}`;
}
