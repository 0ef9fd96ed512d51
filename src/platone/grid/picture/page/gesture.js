// Moving and zooming: wheel, drag, pinch, keys.

function startGestures(state, canvas, act) {
  const pointers = new Map();
  let travelled = 0;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    act.zoom(Math.exp(-Math.max(-120, Math.min(120, pixels)) * 0.0022), ...spot(event));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, spot(event));
    if (pointers.size === 1) travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = spot(event);
    const before = pointers.get(event.pointerId);
    if (!before) return act.hover(event.pointerType === "mouse" ? now : null);
    if (pointers.size === 1) act.pan(now[0] - before[0], now[1] - before[1]);
    else pinch(act, pointers, event.pointerId, now);
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    return pointers.set(event.pointerId, now);
  });
  const end = (event) => {
    const isTap = pointers.size === 1 && travelled < 6 && event.type === "pointerup";
    pointers.delete(event.pointerId);
    if (isTap) act.tap(spot(event), event.pointerType === "mouse" ? 8 : 18);
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => act.hover(null));
  canvas.addEventListener("dblclick", (event) => act.zoom(1.8, ...spot(event)));
  canvas.addEventListener("keydown", (event) => keyed(event, canvas, act));
  canvas.addEventListener("focus", act.draw);
  canvas.addEventListener("blur", act.draw);
}

/** Two fingers: their middle moves the drawing, their distance zooms it. */
function pinch(act, pointers, moved, now) {
  const [other] = [...pointers].filter(([id]) => id !== moved).map(([, point]) => point);
  const before = pointers.get(moved);
  const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
  const is = Math.hypot(now[0] - other[0], now[1] - other[1]);
  act.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  if (was > 0 && is > 0) act.zoom(is / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
}

function keyed(event, canvas, act) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = [canvas.clientWidth / 2, canvas.clientHeight / 2];
  const step = event.shiftKey ? 160 : 48;
  const keys = {
    ArrowLeft: () => act.pan(step, 0),
    ArrowRight: () => act.pan(-step, 0),
    ArrowUp: () => act.pan(0, step),
    ArrowDown: () => act.pan(0, -step),
    "+": () => act.zoom(1.3, ...middle),
    "=": () => act.zoom(1.3, ...middle),
    "-": () => act.zoom(1 / 1.3, ...middle),
    0: act.fit,
    " ": act.play,
    Enter: () => act.tap(middle, 60),
    Escape: () => act.select(null),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

function startHeatGestures(state, canvas, act) {
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const cell = heatCell(state, canvas, event.clientX - box.left, event.clientY - box.top);
    if (cell) act.cell(cell);
  });
  canvas.addEventListener("keydown", (event) => {
    const most = Math.min(state.data.states.severity.length, HEAT_MOST) - 1;
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (event.key === "Enter") act.cell({ line: Math.max(state.heatLine, 0), row: state.row });
    if (!move) return;
    event.preventDefault();
    const line = Math.min(Math.max(state.heatLine + move[0], 0), most);
    const row = Math.min(Math.max(state.row + move[1], 0), state.data.states.instants - 1);
    act.mark({ line, row });
  });
}
