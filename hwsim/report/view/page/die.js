// Die: p-bits where they sit, coloured by state; wires, and signals that travel on them; chains, chips, faults.
const MOST_WIRES = 6000, MOST_SIGNALS = 3000, AS_IMAGE = 20000;

class Die {
  constructor(number, app) {
    this.app = app;
    this.number = number;
    this.root = document.createElement("div");
    this.root.innerHTML = `<div class="numbers" hidden></div><canvas id="die${number}" tabindex="0" role="img"
      aria-label="Die ${number ? "of the setting beside" : ""}: p-bits coloured by state"></canvas><div class="die-words"></div>`;
    byId("dies").append(this.root);
    this.canvas = this.root.querySelector("canvas");
    this.words = this.root.querySelector(".die-words");
    this.numbers = this.root.querySelector(".numbers");
    pointerOn(this.canvas, {
      move: ({ dx, dy }) => this.zoom((z) => ({ ...z, x: z.x - dx / this.fit.scale, y: z.y - dy / this.fit.scale })),
      click: ({ x, y }) => this.choose(x, y),
      wheel: (x, y, factor) => this.zoomAbout(x, y, factor),
    });
  }

  zoom(change) {
    this.app.set({ die: change(this.app.state.die) });
  }

  zoomAbout(px, py, factor) {
    const { scale, x0, y0 } = this.fit, wx = (px - x0) / scale, wy = (py - y0) / scale;
    this.zoom((z) => {
      const f = Math.min(400, Math.max(1, z.f * factor)), g = z.f / f;
      return { f, x: wx + (z.x - wx) * g, y: wy + (z.y - wy) * g };
    });
  }

  // World to pixels: `scale`, `x0`, `y0`; the die's own middle where the zoom has none.
  fitted(w, h) {
    const m = this.app.view(this.number).machine, z = this.app.state.die;
    if (this.bounds === undefined || this.boundsOf !== m) {
      const b = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < m.n; i++) {
        b[0] = Math.min(b[0], m.x[i]); b[1] = Math.min(b[1], m.y[i]); b[2] = Math.max(b[2], m.x[i]); b[3] = Math.max(b[3], m.y[i]);
      }
      this.bounds = b;
      this.boundsOf = m;
      this.apart = spacing(m, b);
    }
    const b = this.bounds, margin = (m.part ? 3.4 : 1.2) * this.apart;
    const width = b[2] - b[0] + 2 * margin, height = b[3] - b[1] + 2 * margin;
    const scale = Math.min(w / width, h / height) * z.f;
    const cx = z.x === null ? (b[0] + b[2]) / 2 : z.x, cy = z.y === null ? (b[1] + b[3]) / 2 : z.y;
    return { scale, x0: w / 2 - cx * scale, y0: h / 2 - cy * scale };
  }

  choose(px, py) {
    const m = this.app.view(this.number).machine, { scale, x0, y0 } = this.fit;
    let best = -1, least = 22 * 22;
    for (let i = 0; i < m.n; i++) {
      const dx = m.x[i] * scale + x0 - px, dy = m.y[i] * scale + y0 - py, far = dx * dx + dy * dy;
      if (far < least) { least = far; best = i; }
    }
    if (best >= 0) this.app.choose(best);
  }

  draw() {
    const app = this.app, view = app.view(this.number), m = view.machine, t = app.state.t;
    view.seek(t);
    const { pen, w, h } = sheet(this.canvas);
    this.fit = this.fitted(w, h);
    const { scale, x0, y0 } = this.fit;
    if (m.n > AS_IMAGE) this.image(pen, view, w, h);
    else {
      const r = Math.max(1.5, Math.min(0.4 * this.apart * scale, 15));
      this.chips(pen, m);
      this.ghosts(pen, m, r);
      if (app.state.wires) this.wires(pen, m, w, h);
      this.chains(pen, m, view, r);
      if (app.state.wires) this.signals(pen, view, t, r);
      this.discs(pen, view, r, w, h);
      if (m.modes) this.modes(pen, view, r, t);
      this.marks(pen, view, r, t);
      if (r > 9 && m.n <= 80) this.labels(pen, m, r);
    }
    const sel = app.state.sel;
    if (sel !== null && sel < m.n) {
      pen.strokeStyle = palette.text;
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.arc(m.x[sel] * scale + x0, m.y[sel] * scale + y0, Math.max(6, Math.min(0.4 * this.apart * scale, 15) + 4), 0, 7);
      pen.stroke();
    }
    this.say(view, t);
  }

  // Chips: a box about the p-bits of each.
  chips(pen, m) {
    if (!m.part) return;
    const { scale, x0, y0 } = this.fit, boxes = new Map(), pad = 0.8;
    for (let i = 0; i < m.n; i++) {
      const b = boxes.get(m.part[i]) || [Infinity, Infinity, -Infinity, -Infinity];
      boxes.set(m.part[i], [Math.min(b[0], m.x[i]), Math.min(b[1], m.y[i]), Math.max(b[2], m.x[i]), Math.max(b[3], m.y[i])]);
    }
    const sizes = [...boxes.values()].map((b) => [b[2] - b[0], b[3] - b[1]]);
    const wide = Math.max(...sizes.map((size) => size[0])) + 2 * pad, high = Math.max(...sizes.map((size) => size[1])) + 2 * pad;
    pen.strokeStyle = palette.soft;
    pen.lineWidth = 1.5;
    for (const [number, b] of boxes) { // chips are all alike, and stand in rows
      const x = ((b[0] + b[2] - wide) / 2) * scale + x0, y = ((b[1] + b[3] - high) / 2) * scale + y0;
      pen.strokeRect(x, y, wide * scale, high * scale);
      text(pen, `chip ${number}`, x + 4, y - 4);
    }
  }

  ghosts(pen, m, r) {
    const { scale, x0, y0 } = this.fit, { unused, dead } = m.spots;
    pen.fillStyle = palette.line;
    for (let k = 0; k < unused.x.length; k++) pen.fillRect(unused.x[k] * scale + x0 - r / 3, unused.y[k] * scale + y0 - r / 3, 2 * r / 3, 2 * r / 3);
    pen.strokeStyle = palette.soft;
    for (let k = 0; k < dead.x.length; k++) cross(pen, dead.x[k] * scale + x0, dead.y[k] * scale + y0, r / 2);
  }

  wires(pen, m, w, h) {
    const { scale, x0, y0 } = this.fit, sel = this.app.state.sel, many = m.indices.length / 2;
    const step = Math.max(1, Math.ceil(many / MOST_WIRES));
    this.wiresLeft = step > 1 ? step : 0;
    const stroke = (positive, colour) => {
      pen.strokeStyle = colour;
      pen.globalAlpha = Math.max(0.12, Math.min(0.7, 160 / many));
      pen.setLineDash(positive ? [4, 3] : []);
      pen.beginPath();
      let count = 0;
      for (let i = 0; i < m.n; i++) for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) {
        const j = m.indices[k];
        if (j < i || (m.weight[k] > 0) !== positive || count++ % step) continue;
        pen.moveTo(m.x[i] * scale + x0, m.y[i] * scale + y0);
        pen.lineTo(m.x[j] * scale + x0, m.y[j] * scale + y0);
      }
      pen.stroke();
    };
    pen.lineWidth = 1;
    stroke(false, palette.wire);
    stroke(true, palette.wire);
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    if (sel !== null && sel < m.n) {
      pen.strokeStyle = palette.text;
      pen.lineWidth = 1.6;
      pen.beginPath();
      for (let k = m.pointer[sel]; k < m.pointer[sel + 1]; k++) {
        pen.moveTo(m.x[sel] * scale + x0, m.y[sel] * scale + y0);
        pen.lineTo(m.x[m.indices[k]] * scale + x0, m.y[m.indices[k]] * scale + y0);
      }
      pen.stroke();
    }
  }

  // Chains: couplings within one, thick; where the chain is broken, in the colour of stale reads.
  chains(pen, m, view, r) {
    if (!m.chain) return;
    const { scale, x0, y0 } = this.fit, up = new Int32Array(m.variables);
    for (let i = 0; i < m.n; i++) if (view.state[i] > 0) up[m.chain[i]]++;
    for (const broken of [false, true]) {
      pen.strokeStyle = broken ? palette.stale : palette.soft;
      pen.lineWidth = Math.max(2, r * 0.8);
      pen.globalAlpha = broken ? 0.9 : 0.45;
      pen.beginPath();
      for (let i = 0; i < m.n; i++) for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) {
        const j = m.indices[k], v = m.chain[i];
        if (j < i || m.chain[j] !== v || (up[v] > 0 && up[v] < m.chain_size[v]) !== broken) continue;
        pen.moveTo(m.x[i] * scale + x0, m.y[i] * scale + y0);
        pen.lineTo(m.x[j] * scale + x0, m.y[j] * scale + y0);
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  discs(pen, view, r, w, h) {
    const m = view.machine, { scale, x0, y0 } = this.fit, small = r < 3;
    for (const side of [1, -1]) {
      pen.fillStyle = side > 0 ? palette.up : palette.down;
      pen.beginPath();
      for (let i = 0; i < m.n; i++) {
        if (view.state[i] !== side) continue;
        const x = m.x[i] * scale + x0, y = m.y[i] * scale + y0;
        if (x < -r || y < -r || x > w + r || y > h + r) continue;
        if (small) pen.rect(x - r, y - r, 2 * r, 2 * r);
        else {
          pen.moveTo(x + r, y);
          pen.arc(x, y, r, 0, 6.2832);
        }
      }
      pen.fill();
    }
  }

  // Rings: the last update of the p-bit was a stale read; it updated at this very instant. Crosses: faulty cells.
  marks(pen, view, r, t) {
    const m = view.machine, { scale, x0, y0 } = this.fit, ring = (colour, width, more, test) => {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      for (let i = 0; i < m.n; i++) {
        if (!test(i)) continue;
        const x = m.x[i] * scale + x0, y = m.y[i] * scale + y0;
        pen.moveTo(x + r + more, y);
        pen.arc(x, y, r + more, 0, 6.2832);
      }
      pen.stroke();
    };
    const current = view.current, now = view.at > 0 ? view.instant[view.at - 1] : -1, width = Math.max(1, Math.min(3, r / 4));
    ring(palette.stale, width, width / 2, (i) => current[i] >= 0 && view.stale[current[i]] === 1);
    if (!this.app.playing) ring(palette.text, 1.5, width + 1.5, (i) => current[i] >= 0 && view.time[current[i]] === now && now > 0);
    const d = m.device;
    pen.strokeStyle = palette.text;
    pen.lineWidth = 1.5;
    for (let i = 0; i < m.n; i++) if (d.stuck[i] !== 1 || d.held[i]) cross(pen, m.x[i] * scale + x0, m.y[i] * scale + y0, r * 0.6);
  }

  // Continuous cells: squares, from orange through grey to blue with their value.
  modes(pen, view, r, t) {
    const m = view.machine, { scale, x0, y0 } = this.fit, side = 1.8 * r, up = rgb(palette.up), down = rgb(palette.down);
    for (let k = 0; k < m.modes.x.length; k++) {
      if (!view.reach) view.reach = view.modes.values.slice(1).map((all) => all.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12));
      const part = view.modeAt(k, t) / view.reach[k], to = part > 0 ? up : down, x = m.modes.x[k] * scale + x0, y = m.modes.y[k] * scale + y0;
      pen.fillStyle = `rgb(${to.map((c) => Math.round(160 + (c - 160) * Math.min(1, Math.abs(part)))).join()})`;
      pen.fillRect(x - side / 2, y - side / 2, side, side);
      pen.strokeStyle = palette.soft;
      pen.strokeRect(x - side / 2, y - side / 2, side, side);
      if (r > 9) text(pen, plain(view.modeAt(k, t), 2), x, y + side / 2 + 13, palette.text, "center");
    }
  }

  // Commits under way: a dot on each wire, as far along as the signal is.
  signals(pen, view, t, r) {
    const m = view.machine, { scale, x0, y0 } = this.fit, from = t - m.longest;
    if (!(m.longest > 0)) return;
    let left = MOST_SIGNALS;
    for (let q = view.at - 1; q >= 0 && view.instant[q] > from && left > 0; q--) {
      for (let e = view.first[q]; e < view.first[q + 1] && left > 0; e++) {
        if (!view.changed[e]) continue;
        const j = view.pbit[e], sent = view.instant[q], { pointer, connection, reader } = m.readers;
        for (let p = pointer[j]; p < pointer[j + 1]; p++, left--) {
          const arrives = m.arrival(connection[p], sent);
          if (arrives <= t) continue;
          const part = (t - sent) / (arrives - sent), i = reader[p];
          const x = (m.x[j] + (m.x[i] - m.x[j]) * part) * scale + x0, y = (m.y[j] + (m.y[i] - m.y[j]) * part) * scale + y0;
          dot(pen, x, y, Math.max(2.2, r / 4), palette.back);
          dot(pen, x, y, Math.max(1.6, r / 4 - 1), view.value[e] > 0 ? palette.up : palette.down);
        }
      }
    }
  }

  labels(pen, m, r) {
    const { scale, x0, y0 } = this.fit;
    pen.font = `600 ${Math.min(12, Math.round(r * 0.95))}px system-ui, sans-serif`;
    pen.textAlign = "center";
    const view = this.app.view(this.number), dark = document.documentElement.dataset.theme === "dark";
    for (let i = 0; i < m.n; i++) {
      pen.fillStyle = view.state[i] > 0 && !dark ? "#fff" : "#14171b";
      pen.fillText(m.name(i).slice(0, 5), m.x[i] * scale + x0, m.y[i] * scale + y0 + r * 0.34);
    }
    pen.font = "12px system-ui, sans-serif";
  }

  // A large machine as an image: each pixel is the mean of the p-bits in it.
  image(pen, view, w, h) {
    const m = view.machine, { scale, x0, y0 } = this.fit, shot = [view.at, scale, x0, y0, w, h, palette.up, this.app.all.indexOf(view)].join();
    if (shot === this.taken) return pen.drawImage(this.board, 0, 0, w, h);
    this.taken = shot;
    const cell = Math.max(1, Math.floor(scale * this.apart)), W = Math.ceil(w), H = Math.ceil(h);
    const size = W * H;
    if (!this.sum || this.sum.length !== size) { this.sum = new Int32Array(size); this.many = new Int32Array(size); this.shot = new ImageData(W, H); }
    const sum = this.sum.fill(0), many = this.many.fill(0), pixels = this.shot.data.fill(0);
    for (let i = 0; i < m.n; i++) {
      const x = Math.floor(m.x[i] * scale + x0), y = Math.floor(m.y[i] * scale + y0);
      if (x < 0 || y < 0 || x >= W || y >= H) continue;
      sum[y * W + x] += view.state[i];
      many[y * W + x]++;
    }
    const up = rgb(palette.up), down = rgb(palette.down);
    const paint = (at, part) => {
      for (let c = 0; c < 3; c++) pixels[4 * at + c] = down[c] + (up[c] - down[c]) * part;
      pixels[4 * at + 3] = 255;
    };
    for (let at = 0; at < size; at++) if (many[at]) {
      const part = (sum[at] / many[at] + 1) / 2;
      for (let dy = 0; dy < cell; dy++) for (let dx = 0; dx < cell; dx++) if ((at % W) + dx < W && at + dy * W + dx < size) paint(at + dy * W + dx, part);
    }
    if (!this.board) this.board = document.createElement("canvas");
    this.board.width = W;
    this.board.height = H;
    this.board.getContext("2d").putImageData(this.shot, 0, 0);
    pen.drawImage(this.board, 0, 0, w, h);
  }

  say(view, t) {
    const app = this.app, at = view.at, m = view.machine;
    const parts = [];
    if (view.energy) parts.push(`E <b>${plain(view.energy[at])}</b>, best so far <b>${plain(view.best[at])}</b>`);
    parts.push(`magnetisation <b>${plain(view.magnet[at], 3)}</b>`);
    if (!view.isFrames) {
      const made = view.first[at] || 0, stale = view.staleSoFar[at];
      const together = view.togetherSoFar[at], share = (many) => made ? plain(100 * many / made, 3) : 0;
      parts.push(`${whole(made)} updates, <b class="stale">${share(stale)} % of them stale reads</b>` +
        (together ? `, <b class="stale">${share(together)} % at the same instant as a neighbour's</b>` : ""));
    }
    if (m.chain && view.broken) parts.push(`<b>${view.broken[at]}</b> of ${m.variables} chains broken`);
    parts.push(view.machine.paceWords());
    const setting = app.settingWords(view);
    this.words.innerHTML = (setting ? `<b>${safe(setting)}</b>: ` : "") + parts.join("; ");
    this.numbers.hidden = !app.meta.words.length;
    if (app.meta.words.length) this.numbers.innerHTML = circuitWords(app.meta.words, view);
  }
}

// The numbers of a circuit: a x b = p, as the p-bits have them now.
function circuitWords(words, view) {
  const values = view.variables(), read = (word) => word.clamped !== null ? word.clamped
    : word.bits.reduce((sum, bit, k) => sum + (bit >= 0 && values[bit] > 0 ? 2 ** k : 0), 0);
  const found = Object.fromEntries(words.map((word) => [word.name, read(word)]));
  const shown = words.map((word) => `${safe(word.name)} = ${found[word.name]}${word.clamped !== null ? " (fixed)" : ""}`).join(", &nbsp; ");
  const right = "p" in found ? found.a * found.b === found.p : "s" in found ? found.a + found.b === found.s : null;
  const sign = "p" in found ? "&times;" : "+", result = "p" in found ? found.p : found.s;
  return shown + (right === null ? "" : ` &nbsp; <span style="color:var(--${right ? "good" : "stale"})">${found.a} ${sign} ${found.b} ${right ? "=" : "&ne;"} ${result}</span>`);
}

function cross(pen, x, y, r) {
  pen.beginPath();
  pen.moveTo(x - r, y - r); pen.lineTo(x + r, y + r);
  pen.moveTo(x - r, y + r); pen.lineTo(x + r, y - r);
  pen.stroke();
}

function rgb(colour) {
  return [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
}

// The usual distance of a p-bit to the nearest other.
function spacing(m, b) {
  const area = Math.max((b[2] - b[0]) * (b[3] - b[1]), 1e-6), guess = Math.sqrt(area / m.n);
  if (m.n < 2) return 1;
  if (m.n > 3000) return Math.min(1, guess) || 1;
  const near = [];
  for (let i = 0; i < m.n; i += Math.ceil(m.n / 300)) {
    let least = Infinity;
    for (let j = 0; j < m.n; j++) if (j !== i) least = Math.min(least, (m.x[i] - m.x[j]) ** 2 + (m.y[i] - m.y[j]) ** 2);
    near.push(Math.sqrt(least));
  }
  near.sort((p, q) => p - q);
  return near[Math.floor(near.length * 0.3)] || guess || 1;
}
