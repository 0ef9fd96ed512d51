// The heat map of a day's loading, and the strip of its worst values above the time slider.

const HEAT_MOST = 400;
/** Height of a row, and of the axis above all rows, px. */
const heatRow = () => 15 * theme.grown;
const heatTop = () => 22 * theme.grown;

function heatFrame(width) {
  const left = Math.min(Math.max(width * 0.24, 76), 230 * theme.grown);
  return { left, right: width - 46 * theme.grown };
}

/** Cells, names and axis are drawn once for a size and theme; the marks on top each time. */
function drawHeat(state, canvas) {
  const { states } = state.data;
  const shown = states.severity.slice(0, HEAT_MOST);
  const width = canvas.parentElement.clientWidth;
  const height = heatTop() + heatRow() * shown.length + 6;
  canvas.style.height = height + "px";
  const key = [width, theme.card, isPrinting, window.devicePixelRatio].join();
  if (state.heatKey !== key) {
    state.heatKey = key;
    state.heatBase = document.createElement("canvas");
    drawHeatBase(state, prepared(state.heatBase, width, height), shown, width);
  }
  const context = prepared(canvas, width, height);
  context.drawImage(state.heatBase, 0, 0, width, height);
  const { left, right } = heatFrame(width);
  const wide = (right - left) / states.instants;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.strokeRect(left + wide * state.row - 0.5, heatTop() - 2, Math.max(wide, 3) + 1, height - heatTop() - 2);
  if (state.heatLine >= 0 && state.heatLine < shown.length) {
    context.strokeRect(left, heatTop() + heatRow() * state.heatLine, right - left, heatRow());
  }
}

function drawHeatBase(state, context, shown, width) {
  const { left, right } = heatFrame(width);
  heatCells(state, context, shown, left, right);
  context.font = letters(11);
  context.textBaseline = "middle";
  shown.forEach((place, line) => {
    const y = heatTop() + heatRow() * (line + 0.5);
    context.fillStyle = theme.ink;
    context.textAlign = "right";
    context.fillText(clipped(context, titleOf(state, { kind: "edge", place }), left - 8), left - 6, y);
    context.textAlign = "left";
    context.fillStyle = theme.soft;
    context.fillText(at(state.series.loading, place, peakOf(state, place)).toFixed(0) + " %", right + 5, y);
  });
  heatAxis(state, context, left, (right - left) / state.data.states.instants);
}

/** Loading on the ground that is there: what is hardly loaded recedes. */
function heatColours(colours) {
  return isDark() ? colours.loadingDark : colours.loading;
}

/** One pixel a cell, enlarged without smoothing. */
function heatCells(state, context, shown, left, right) {
  const { states, colours } = state.data;
  if (!shown.length) return;
  const cells = document.createElement("canvas");
  cells.width = states.instants;
  cells.height = shown.length;
  const pixels = new ImageData(states.instants, shown.length);
  shown.forEach((place, line) => {
    for (let i = 0; i < states.instants; i++) {
      const rgb = parts(colourOf(heatColours(colours), at(state.series.loading, place, i), colours.unknown));
      pixels.data.set([...rgb, 255], 4 * (line * states.instants + i));
    }
  });
  cells.getContext("2d").putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, left, heatTop(), right - left, heatRow() * shown.length);
  context.fillStyle = theme.card;
  for (let line = 0; line <= shown.length; line++) context.fillRect(left, heatTop() + heatRow() * line - 0.5, right - left, 1);
}

function heatAxis(state, context, left, wide) {
  context.textAlign = "center";
  context.fillStyle = theme.soft;
  context.strokeStyle = theme.soft;
  context.lineWidth = 1;
  let last = -Infinity;
  for (const [place, text] of state.data.ticks) {
    const x = left + wide * place;
    if (x - last < 42 * theme.grown) continue;
    last = x;
    context.fillText(text, x, 9 * theme.grown);
    context.beginPath();
    context.moveTo(x, heatTop() - 5);
    context.lineTo(x, heatTop());
    context.stroke();
  }
}

function clipped(context, text, width) {
  let kept = text.length;
  while (kept > 4 && context.measureText(shortened(text, kept)).width > width) kept--;
  return shortened(text, kept);
}

function peakOf(state, place) {
  let best = 0;
  for (let i = 1; i < state.data.states.instants; i++) {
    if (at(state.series.loading, place, i) > at(state.series.loading, place, best)) best = i;
  }
  return best;
}

/** Line and instant at a place of the heat map. */
function heatCell(state, canvas, x, y) {
  const { states } = state.data;
  const { left, right } = heatFrame(canvas.clientWidth);
  const line = Math.floor((y - heatTop()) / heatRow());
  const place = Math.floor(((x - left) / (right - left)) * states.instants);
  if (line < 0 || line >= Math.min(states.severity.length, HEAT_MOST)) return null;
  return { line, row: place >= 0 && place < states.instants ? place : state.row };
}

function drawStrip(state, canvas) {
  const { states, colours } = state.data;
  const context = prepared(canvas);
  const wide = canvas.clientWidth / states.instants;
  for (let i = 0; i < states.instants; i++) {
    context.fillStyle = colourOf(heatColours(colours), state.worstLoading[i], colours.unknown);
    context.fillRect(i * wide, 0, wide + 0.5, 7);
    if (state.alarmsAt[i]) {
      context.fillStyle = theme.ink;
      context.fillRect(i * wide, 8, Math.max(wide - 0.5, 1), 4);
    }
  }
}
