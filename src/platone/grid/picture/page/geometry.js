// Geometry of the drawing. A view maps: screen = k * world + (x, y).

const MOST_ZOOM = 8;

function fitted(size, width, height, margin) {
  const k = Math.min((width - 2 * margin) / size[0], (height - 2 * margin) / size[1], 2);
  return { k, x: (width - k * size[0]) / 2, y: (height - k * size[1]) / 2 };
}

/** What to show first: all of it, but of a long strip its beginning, large enough to read. */
function firstView(size, width, height) {
  const whole = fitted(size, width, height, 4);
  const filling = Math.max(width / size[0], height / size[1]);
  if (filling / whole.k < 2.5 || whole.k > 0.6) return whole;
  const k = Math.min(height / size[1], 0.85);
  const x = k * size[0] > width ? 0 : (width - k * size[0]) / 2;
  return { k, x, y: k * size[1] > height ? 0 : (height - k * size[1]) / 2 };
}

function zoomed(view, factor, px, py, least) {
  const k = Math.min(Math.max(view.k * factor, least), MOST_ZOOM);
  const by = k / view.k;
  return { k, x: px - (px - view.x) * by, y: py - (py - view.y) * by };
}

/** A view that shows a part of the network, wherever one moves or zooms: never a blank page. */
function held(view, layout, width, height) {
  const keep = 60;
  let nearest = [0, 0];
  let least = Infinity;
  const look = (x, y) => {
    const away = [outside(view.k * x + view.x, keep, width - keep), outside(view.k * y + view.y, keep, height - keep)];
    const distance = Math.hypot(...away);
    if (distance < least) [least, nearest] = [distance, away];
  };
  const middle = (height / 2 - view.y) / view.k;
  for (let i = 0; i < layout.x.length && least; i++) {
    look(layout.x[i], Math.min(Math.max(layout.top[i], middle), layout.bottom[i]));
  }
  for (let i = 0; i < layout.routes.length && least; i++) {
    for (let step = 1; step < 32 && least; step++) look(...along(layout.routes[i], step / 32));
  }
  return { k: view.k, x: view.x - nearest[0], y: view.y - nearest[1] };
}

/** By how much a number lies below or above a range; in a range turned round, beyond its middle. */
function outside(value, low, high) {
  if (low > high) return value - (low + high) / 2;
  return value - Math.min(Math.max(value, low), high);
}

function centred(view, point, width, height, least) {
  const k = Math.max(view.k, least);
  return { k, x: width / 2 - k * point[0], y: height / 2 - k * point[1] };
}

/** A point of a route at a share of its curve parameter. */
function along(route, share) {
  const rest = 1 - share;
  if (route.length === 4) {
    return [rest * route[0] + share * route[2], rest * route[1] + share * route[3]];
  }
  const a = rest * rest * rest;
  const b = 3 * rest * rest * share;
  const c = 3 * rest * share * share;
  const d = share * share * share;
  return [0, 1].map((i) => a * route[i] + b * route[2 + i] + c * route[4 + i] + d * route[6 + i]);
}

function angleAt(route, share) {
  const from = along(route, Math.max(share - 0.02, 0));
  const to = along(route, Math.min(share + 0.02, 1));
  return Math.atan2(to[1] - from[1], to[0] - from[0]);
}

function shareAt(route, away) {
  const last = route.length - 2;
  let length = Math.hypot(route[last] - route[0], route[last + 1] - route[1]);
  if (last > 2) {
    length += Math.hypot(route[2] - route[0], route[3] - route[1]);
    length += Math.hypot(route[6] - route[4], route[7] - route[5]);
  }
  return length > 0 ? Math.min(away / length, 1 / 3) : 0;
}

function distanceToSegment(px, py, x1, y1, x2, y2) {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const length = dx * dx + dy * dy;
  const share = length > 0 ? Math.min(Math.max(((px - x1) * dx + (py - y1) * dy) / length, 0), 1) : 0;
  return Math.hypot(px - x1 - share * dx, py - y1 - share * dy);
}

function distanceToRoute(route, px, py) {
  if (route.length === 4) return distanceToSegment(px, py, ...route);
  let least = Infinity;
  let before = along(route, 0);
  for (let step = 1; step <= 16; step++) {
    const next = along(route, step / 16);
    least = Math.min(least, distanceToSegment(px, py, ...before, ...next));
    before = next;
  }
  return least;
}

function boxOf(route) {
  const xs = route.filter((_, i) => i % 2 === 0);
  const ys = route.filter((_, i) => i % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The element nearest to a point of the world within a reach: buses go before edges. */
function nearest(layout, buses, px, py, reach) {
  let best = { kind: "", place: -1, away: reach };
  for (let i = 0; i < buses; i++) {
    const away = distanceToSegment(px, py, layout.x[i], layout.top[i], layout.x[i], layout.bottom[i]);
    if (away < best.away) best = { kind: "bus", place: i, away };
  }
  if (best.kind && best.away < reach / 2) return best;
  const left = best.away;
  for (let i = 0; i < layout.routes.length; i++) {
    const box = layout.boxes[i];
    if (px < box[0] - reach || px > box[2] + reach || py < box[1] - reach || py > box[3] + reach) continue;
    const away = distanceToRoute(layout.routes[i], px, py);
    if (away < best.away && away < left) best = { kind: "edge", place: i, away };
  }
  return best.kind ? best : null;
}
