// Small things that all panels share: elements, colours of the theme, numbers in words, axes.
const byId = (id) => document.getElementById(id);
let palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["back", "panel", "line", "text", "soft", "accent", "up", "down", "stale", "dead", "wire", "good"]) {
    palette[name] = style.getPropertyValue("--" + name).trim();
  }
}

// The canvas at the resolution of the screen: {pen, w, h} in CSS pixels, cleared.
function sheet(canvas) {
  const scale = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * scale) || canvas.height !== Math.round(h * scale)) {
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, w, h);
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  return { pen, w, h };
}

// Ticks of the time grid in words.
function timeWords(ticks, digits = 4) {
  const s = ticks * 1e-15, size = Math.abs(s);
  if (size === 0) return "0 s";
  const units = [[1, "s"], [1e-3, "ms"], [1e-6, "us"], [1e-9, "ns"], [1e-12, "ps"], [1e-15, "fs"]];
  const [unit, name] = units.find(([u]) => size >= u * 0.9999) || units[5];
  return `${plain(s / unit, digits)} ${name}`;
}

function plain(value, digits = 4) {
  if (value === null || value === undefined) return "unknown";
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7)) return value.toExponential(digits - 1).replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

const whole = (n) => Math.round(n).toLocaleString("en");

// Round values between low and high, about `many` of them.
function nice(low, high, many) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(1, many), power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

function line(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function text(pen, words, x, y, colour = palette.soft, align = "left") {
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(words, x, y);
}

// A frame with axes: {x, y} map data to pixels.
function plot(pen, box, xs, ys, labels) {
  const x = (v) => box.x + (v - xs[0]) / (xs[1] - xs[0] || 1) * box.w, y = (v) => box.y + box.h - (v - ys[0]) / (ys[1] - ys[0] || 1) * box.h;
  pen.strokeStyle = palette.line;
  pen.lineWidth = 1;
  pen.strokeRect(box.x, box.y, box.w, box.h);
  for (const v of nice(xs[0], xs[1], box.w / 70)) {
    line(pen, x(v), box.y + box.h, x(v), box.y + box.h + 3);
    text(pen, plain(v, 3), x(v), box.y + box.h + 14, palette.soft, "center");
  }
  for (const v of nice(ys[0], ys[1], box.h / 28)) {
    line(pen, box.x - 3, y(v), box.x, y(v));
    text(pen, plain(v, 3), box.x - 5, y(v) + 4, palette.soft, "right");
  }
  if (labels.x) text(pen, labels.x, box.x + box.w / 2, box.y + box.h + 28, palette.text, "center");
  if (labels.y) text(pen, labels.y, Math.max(2, Math.min(box.x, box.x + box.w - pen.measureText(labels.y).width)), box.y - 5, palette.text, "left");
  return { x, y };
}

function dot(pen, x, y, r, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fill();
}

function safe(words) {
  return String(words).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

// Calls move({dx, dy, x, y}) while the pointer drags on the canvas, click({x, y}) where it did not move, and
// wheel(x, y, factor) for the wheel and for two fingers.
function pointerOn(canvas, { move, click, wheel }) {
  const down = new Map();
  let moved = 0, spread = 0;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const apart = () => {
    const [a, b] = [...down.values()];
    return { far: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  canvas.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, at(event));
    moved = 0;
    if (down.size === 2) spread = apart().far;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const was = down.get(event.pointerId);
    if (!was) return;
    const now = at(event);
    down.set(event.pointerId, now);
    moved += Math.abs(now.x - was.x) + Math.abs(now.y - was.y);
    if (down.size === 2) {
      const { far, x, y } = apart();
      wheel(x, y, far / spread);
      spread = far;
    } else if (moved > 4) move({ dx: now.x - was.x, dy: now.y - was.y, ...now });
  });
  const up = (event) => {
    if (down.delete(event.pointerId) && moved <= 4 && event.type === "pointerup" && down.size === 0) click(at(event));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = at(event);
    wheel(x, y, Math.exp(-event.deltaY * 0.0016));
  }, { passive: false });
}
