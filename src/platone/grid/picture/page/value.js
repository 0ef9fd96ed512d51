// Values: unpacking, colours, words. Nothing here touches the document.

const NOTHING = -1000000000;

/** Colour of a number, as platone.grid.picture.scale has it. */
function colourOf(anchors, value, unknown) {
  if (Number.isNaN(value)) return unknown;
  let below = anchors[0];
  for (const above of anchors) {
    if (value <= above[0]) return between(below, above, value);
    below = above;
  }
  return below[1];
}

function between(below, above, value) {
  const width = above[0] - below[0];
  const share = width > 0 ? Math.min(Math.max((value - below[0]) / width, 0), 1) : 0;
  const low = parts(below[1]);
  const high = parts(above[1]);
  return "#" + low
    .map((part, i) => Math.floor(part + share * (high[i] - part) + 0.5))
    .map((part) => part.toString(16).padStart(2, "0")).join("");
}

function parts(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

/** Values from the bytes of their differences, element after element: see `packed` in Python. */
function summed(bytes, instants) {
  const count = bytes.length / 4;
  const values = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const low = bytes[i] | (bytes[count + i] << 8) | (bytes[2 * count + i] << 16);
    const whole = (low | (bytes[3 * count + i] << 24)) >>> 0;
    const step = (whole >>> 1) ^ -(whole & 1);
    values[i] = i % instants ? values[i - 1] + step : step;
  }
  return values;
}

/** A series whose data are unpacked, at an element and instant; not a number where it has none. */
function at(series, element, instant) {
  const raw = series.values[element * series.instants + instant];
  return raw === NOTHING ? NaN : raw / series.scale;
}

function power(kw, unit = "W") {
  const size = Math.abs(kw);
  if (size >= 10000) return (kw / 1000).toFixed(1) + " M" + unit;
  if (size >= 1000) return (kw / 1000).toFixed(2) + " M" + unit;
  if (size < 0.05) return "0 k" + unit;
  return kw.toFixed(size >= 10 ? 0 : 1) + " k" + unit;
}

function quantity(value, unit) {
  if (Number.isNaN(value)) return "–";
  return value.toFixed(unit === "pu" ? 4 : 1) + " " + unit;
}

/** Runs of consecutive numbers as [first, last]. */
function runs(places) {
  const found = [];
  for (const place of places) {
    const last = found[found.length - 1];
    if (last && place === last[1] + 1) last[1] = place;
    else found.push([place, place]);
  }
  return found;
}

/** Elements whose id or name holds a text, exact and leading matches first. */
function matches(elements, text, most) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const found = [];
  for (const element of elements) {
    const places = [element.id, element.name]
      .map((each) => each.toLowerCase())
      .map((each) => (each === wanted ? 0 : each.indexOf(wanted) < 0 ? -1 : each.indexOf(wanted) + 1));
    const good = places.filter((place) => place >= 0);
    if (good.length) found.push([Math.min(...good), element]);
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, most).map((each) => each[1]);
}

/** A name of at most so many letters; most is kept of its end, where names mostly differ. */
function shortened(name, letters) {
  if (name.length <= letters) return name;
  const first = Math.floor((letters - 1) / 3);
  return name.slice(0, first) + "…" + name.slice(first + 1 - letters);
}
