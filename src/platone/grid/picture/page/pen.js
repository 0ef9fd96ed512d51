// Drawing on a canvas: sizes, the theme's colours, symbols.

/** Colours; and how many times as large the browser's letters are as by default, 16 px: those on canvases grow with them. */
const theme = { grown: 1 };
let isPrinting = false;
const NAMES = ["card", "ink", "soft", "wire", "bad", "accent", "grid", "over"];
let paper = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  theme.grown = parseFloat(style.fontSize) / 16;
  for (const name of NAMES) {
    theme[name] = isPrinting ? paper[name] : style.getPropertyValue("--" + name).trim();
  }
}

/** Fit a canvas's pixels to its place on the page; its context, in CSS pixels. */
function prepared(canvas, width = canvas.clientWidth, height = canvas.clientHeight) {
  const dense = isPrinting ? 3 : Math.min(window.devicePixelRatio || 1, 3);
  const wide = Math.max(Math.round(width * dense), 1);
  const high = Math.max(Math.round(height * dense), 1);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.fillStyle = theme.card;
  context.fillRect(0, 0, width, height);
  return context;
}

/** The font of letters on a canvas that are so many px high by default. */
function letters(px, weight = 400) {
  return `${weight} ${px * theme.grown}px system-ui, sans-serif`;
}

/** Whether what is drawn stands on a dark ground. */
function isDark() {
  return parts(theme.card || "#ffffff").reduce((sum, part) => sum + part) < 384;
}

const shapes = {};

function readShapes(data) {
  paper = data.colours.paper;
  for (const [name, paths] of Object.entries(data.shapes)) {
    shapes[name] = paths.map(([look, path]) => [data.looks[look], new Path2D(path)]);
  }
}

/** A symbol around a point, turned and scaled. */
function drawShape(context, name, x, y, scale, angle = 0) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.scale(scale, scale);
  for (const [[fill, stroke, width], path] of shapes[name]) {
    if (fill) {
      context.fillStyle = theme[fill] || fill;
      context.fill(path);
    }
    if (stroke) {
      context.strokeStyle = theme[stroke] || stroke;
      context.lineWidth = width;
      context.lineJoin = "round";
      context.stroke(path);
    }
  }
  context.restore();
}

/** The circles of a transformer with two or three windings. */
function drawCoils(context, x, y, scale, angle, colour, count = 2) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.scale(scale, scale);
  context.strokeStyle = colour;
  context.fillStyle = theme.card;
  context.lineWidth = 1.8;
  const around = (i) => (2 * Math.PI * i) / 3;
  const spots = count === 2 ? [[-6, 0], [6, 0]] : [0, 1, 2].map((i) => [-7 * Math.cos(around(i)), 7 * Math.sin(around(i))]);
  for (const [cx, cy] of spots) {
    context.beginPath();
    context.arc(cx, cy, 9, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  context.beginPath();
  context.arc(spots[0][0], spots[0][1], 9, 0, 2 * Math.PI);
  context.stroke();
  context.restore();
}

/** Text with a halo in the colour of the ground. */
function label(context, text, x, y, colour) {
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = theme.card;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}
