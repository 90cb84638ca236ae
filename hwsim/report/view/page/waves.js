// Waveforms: energy, magnetisation, beta, continuous cells and chosen p-bits over device time, with commits and arrivals.
const MOST_ARROWS = 500;

class Waves {
  constructor(app) {
    this.app = app;
    this.canvas = byId("waves");
    this.left = 106;
    pointerOn(this.canvas, {
      move: ({ dx }) => this.pan(-dx / this.width * (this.span[1] - this.span[0])),
      click: ({ x }) => this.app.set({ t: Math.max(0, Math.min(this.app.end, this.tickAt(x))) }),
      wheel: (x, y, factor) => this.zoom(this.tickAt(x), factor),
    });
  }

  get span() {
    return this.app.state.zoom || [0, this.app.end];
  }

  tickAt(x) {
    const [a, b] = this.span;
    return a + (x - this.left) / this.width * (b - a);
  }

  pan(ticks) {
    const [a, b] = this.span, shift = Math.max(-a, Math.min(this.app.end - b, ticks));
    this.app.set({ zoom: [a + shift, b + shift] });
  }

  zoom(about, factor) {
    const [a, b] = this.span, end = this.app.end, width = Math.min(end, Math.max((b - a) / factor, 20));
    const part = (about - a) / (b - a), from = Math.max(0, Math.min(end - width, about - part * width));
    this.app.set({ zoom: width >= end ? null : [from, from + width] });
  }

  // Keep the time in sight: turn the page where it runs out.
  follow(t) {
    const z = this.app.state.zoom;
    if (!z || (t >= z[0] && t <= z[1])) return;
    const width = z[1] - z[0], from = Math.max(0, Math.min(this.app.end - width, t - 0.1 * width));
    this.app.state.zoom = [from, from + width];
  }

  rows() {
    const app = this.app, out = [], views = app.views();
    if (views[0].energy) out.push({ kind: "energy", label: "energy", height: 58, of: "energy" });
    out.push({ kind: "magnet", label: "magnetisation", height: 42, of: "magnet" });
    if (views.some((view) => view.beta.length > 1)) out.push({ kind: "beta", label: "beta", height: 36 });
    if (views[0].modes) views[0].modes.names.slice(0, 6).forEach((name, k) => out.push({ kind: "mode", label: name, height: 46, mode: k }));
    views.forEach((view, number) => {
      if (!view.isFrames) for (const i of app.shown()) out.push({ kind: "pbit", label: view.machine.name(i) + (number ? " beside" : ""), height: 30, i, view });
    });
    return out;
  }

  draw() {
    const rows = this.rows(), height = 34 + rows.reduce((sum, row) => sum + row.height + 6, 0);
    if (this.canvas.style.height !== height + "px") this.canvas.style.height = height + "px";
    const { pen, w } = sheet(this.canvas);
    this.width = w - this.left - 12;
    const [a, b] = this.span, x = (t) => this.left + (t - a) / (b - a) * this.width;
    let y = 8;
    for (const row of rows) {
      row.y = y;
      pen.fillStyle = palette.back;
      pen.fillRect(this.left, y, this.width, row.height);
      y += row.height + 6;
    }
    pen.save();
    pen.beginPath();
    pen.rect(this.left, 0, this.width + 1, y);
    pen.clip();
    for (const row of rows) this.row(pen, row, x, a, b);
    this.arrows(pen, rows, x, a, b);
    this.time(pen, x, y);
    pen.restore();
    pen.textBaseline = "middle";
    for (const row of rows) this.label(pen, row);
    pen.textBaseline = "alphabetic";
    this.axis(pen, x, y, a, b);
    this.legend(rows);
  }

  label(pen, row) {
    const value = this.valueNow(row), words = row.label.length > 13 ? row.label.slice(0, 12) + "…" : row.label;
    text(pen, words, 4, row.y + row.height / 2 - (row.height > 32 ? 8 : 0), palette.text);
    text(pen, value, row.height > 32 ? 4 : this.left - 6, row.y + row.height / 2 + (row.height > 32 ? 8 : 0), palette.soft, row.height > 32 ? "left" : "right");
  }

  valueNow(row) {
    const app = this.app, view = row.view || app.views()[0], t = app.state.t;
    if (row.kind === "pbit") {
      const s = view.stateAt(t, row.i);
      return view.machine.binary ? String((s + 1) / 2) : s > 0 ? "+1" : "-1";
    }
    if (row.kind === "beta") return plain(view.betaAt(t), 3);
    if (row.kind === "mode") return plain(view.modes.values[row.mode][this.readBefore(view, t)], 3);
    return app.views().map((each) => plain(each[row.of][each.at], app.views().length > 1 ? 3 : 4)).join(" | ");
  }

  // Number of events at or before tick t: the place among the values of modes.
  readBefore(view, t) {
    return view.first[last(view.instant, t) + 1] || 0;
  }

  row(pen, row, x, a, b) {
    if (row.kind === "pbit") return this.pbit(pen, row, x, a, b);
    const views = this.app.views(), curves = views.map((view) => this.points(row, view, x, a, b));
    let low = Infinity, high = -Infinity;
    for (const points of curves) for (const p of points) { low = Math.min(low, p[1]); high = Math.max(high, p[2]); }
    if (row.kind === "magnet") { low = Math.min(low, -1); high = Math.max(high, 1); }
    if (!(high > low)) { low -= 0.5; high += 0.5; }
    const y = (v) => row.y + row.height - 3 - (v - low) / (high - low) * (row.height - 6);
    if (row.kind === "magnet") { pen.strokeStyle = palette.line; line(pen, this.left, y(0), this.left + this.width, y(0)); }
    curves.forEach((points, number) => {
      pen.strokeStyle = pen.fillStyle = number ? palette.stale : palette.accent;
      pen.lineWidth = 1.2;
      pen.beginPath();
      let before = null;
      for (const [px, least, most, end] of points) {
        if (before !== null && row.kind !== "mode") pen.lineTo(px, y(before));
        if (before === null) pen.moveTo(px, y(least));
        pen.lineTo(px, y(least));
        if (most > least) { pen.moveTo(px, y(most)); pen.lineTo(px, y(least)); pen.moveTo(px, y(end)); } else pen.lineTo(px, y(end));
        before = end;
      }
      if (before !== null && row.kind !== "mode") pen.lineTo(x(Math.min(b, this.app.end)), y(before));
      pen.stroke();
    });
    if (row.kind === "energy" && this.app.meta.goal !== null) {
      const goal = this.app.meta.goal;
      if (goal >= low && goal <= high) {
        pen.strokeStyle = palette.good;
        pen.setLineDash([5, 4]);
        line(pen, this.left, y(goal), this.left + this.width, y(goal));
        pen.setLineDash([]);
        text(pen, "best known", this.left + 4, y(goal) - 3, palette.good);
      }
    }
  }

  // [pixel, least, most, last] of a quantity between ticks a and b, one entry for each pixel at most.
  points(row, view, x, a, b) {
    const times = row.kind === "beta" ? view.beta_start : view.instant;
    const at = (q) => row.kind === "beta" ? view.beta[q] : row.kind === "mode" ? view.modes.values[row.mode][view.first[q + 1]] : view[row.of][q + 1];
    const from = last(times, a), to = last(times, b), out = [];
    if (from < 0) {
      const start = row.kind === "mode" ? view.modes.values[row.mode][0] : row.kind === "beta" ? view.beta[0] : view[row.of][0];
      out.push([x(0), start, start, start]);
    }
    let pixel = -1;
    for (let q = Math.max(0, from); q <= to; q++) {
      const v = at(q), px = Math.max(this.left, x(times[q])), column = Math.round(px);
      if (column === pixel) {
        const p = out[out.length - 1];
        p[1] = Math.min(p[1], v); p[2] = Math.max(p[2], v); p[3] = v;
      } else out.push([px, v, v, v]);
      pixel = column;
    }
    return out;
  }

  pbit(pen, row, x, a, b) {
    const { view, i, y, height } = row, top = y + 4, low = y + height - 9, { pointer, event } = view.flips;
    let value = view.stateAt(a, i), drawn = value, crowd = -1;
    const level = (s) => s > 0 ? top : low, turn = (at) => {
      pen.lineTo(at, level(drawn));
      drawn = value;
      pen.lineTo(at, level(drawn));
    };
    pen.strokeStyle = palette.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(this.left, level(drawn));
    for (let q = Math.max(pointer[i], view.lastFlip(i, a) + 1); q < pointer[i + 1] && view.time[event[q]] <= b; q++) {
      const at = x(view.time[event[q]]);
      if (at - crowd >= 0.7) { // edges closer than this are drawn as one, and put right after them
        if (drawn !== value) turn(crowd + 0.7);
        value = view.value[event[q]];
        turn(at);
        crowd = at;
      } else value = view.value[event[q]];
    }
    if (drawn !== value) turn(crowd + 0.7);
    pen.lineTo(x(Math.min(b, this.app.end)), level(drawn));
    pen.stroke();
    this.ticks(pen, row, x, a, b);
  }

  // Updates, as strokes below the wave; a stale read as a longer one with a head.
  ticks(pen, row, x, a, b) {
    const { view, i, y, height } = row, { pointer, event } = view.updates, base = y + height;
    let before = -9;
    for (let q = lastIn(view.time, event, a - 0.5, pointer[i], pointer[i + 1]) + 1; q < pointer[i + 1] && view.time[event[q]] <= b; q++) {
      const e = event[q], at = x(view.time[e]);
      if (at - before < 1.2 && !view.stale[e]) continue;
      before = at;
      pen.strokeStyle = view.stale[e] ? palette.stale : palette.soft;
      pen.lineWidth = view.stale[e] ? 2 : 1;
      line(pen, at, base, at, base - (view.stale[e] ? 9 : 5));
      if (view.stale[e]) dot(pen, at, base - 9, 2.6, palette.stale);
    }
  }

  // A commit that leaves one shown p-bit and arrives at another: a slanted arrow from row to row.
  arrows(pen, rows, x, a, b) {
    const by = new Map();
    for (const row of rows) if (row.kind === "pbit") by.set(row.view, [...(by.get(row.view) || []), row]);
    for (const [view, shown] of by) {
      const m = view.machine, place = new Map(shown.map((row) => [row.i, row]));
      let left = MOST_ARROWS;
      for (const row of shown) {
        const { pointer, event } = view.flips, start = Math.max(pointer[row.i], view.lastFlip(row.i, a - m.longest) + 1);
        const stop = Math.min(pointer[row.i + 1], view.lastFlip(row.i, b) + 1);
        if (stop - start > 150) continue;
        for (let q = start; q < stop; q++) {
          const sent = view.time[event[q]];
          for (let p = m.readers.pointer[row.i]; p < m.readers.pointer[row.i + 1] && left > 0; p++) {
            const target = place.get(m.readers.reader[p]);
            if (!target) continue;
            left--;
            const arrives = m.arrival(m.readers.connection[p], sent);
            if (arrives === sent) continue;
            this.arrow(pen, x(sent), row.y + row.height / 2, x(arrives), target.y + target.height / 2, view.value[event[q]] > 0 ? palette.up : palette.down);
          }
        }
      }
    }
  }

  arrow(pen, x0, y0, x1, y1, colour) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.3;
    line(pen, x0, y0, x1, y1);
    dot(pen, x0, y0, 2.6, colour);
    const angle = Math.atan2(y1 - y0, x1 - x0);
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x1 - 8 * Math.cos(angle - 0.4), y1 - 8 * Math.sin(angle - 0.4));
    pen.lineTo(x1 - 8 * Math.cos(angle + 0.4), y1 - 8 * Math.sin(angle + 0.4));
    pen.fill();
  }

  // The time that is shown, and the cursors.
  time(pen, x, bottom) {
    const { t, a, b } = this.app.state;
    for (const [tick, colour, name] of [[a, palette.good, "A"], [b, palette.good, "B"], [t, palette.stale, ""]]) {
      if (tick === null) continue;
      pen.strokeStyle = colour;
      pen.lineWidth = name ? 1.2 : 1.6;
      pen.setLineDash(name ? [3, 3] : []);
      line(pen, x(tick), 0, x(tick), bottom);
      pen.setLineDash([]);
      if (name) text(pen, name, x(tick) + 3, 10, colour);
    }
  }

  axis(pen, x, y, a, b) {
    const round = this.app.round, inTau = (b - a) / round;
    pen.strokeStyle = palette.soft;
    line(pen, this.left, y, this.left + this.width, y);
    for (const v of nice(a / round, b / round, this.width / 90)) {
      line(pen, x(v * round), y, x(v * round), y + 4);
      text(pen, plain(v, inTau < 1 ? 6 : 5), x(v * round), y + 16, palette.soft, "center");
    }
    text(pen, "time (tau)", 4, y + 14, palette.text);
  }

  legend(rows) {
    const pbits = rows.some((row) => row.kind === "pbit"), beside = this.app.state.beside !== null;
    byId("waves-legend").innerHTML = (beside ? `Blue: ${safe(this.app.settingWords(this.app.view(0)))}; red: ${safe(this.app.settingWords(this.app.view(1)))}. ` : "") +
      (pbits ? `Each p-bit: its value, high for ${this.app.machine.binary ? "1" : "+1"}; strokes below are its updates, <b class="stale">with a red head where a neighbour's commit was still under way</b>. An arrow is a commit from its departure to its arrival at a neighbour shown here.`
        : "Choose a p-bit on the die to see its waveform, and its commits on their way to its neighbours.");
    const { a, b } = this.app.state, words = (t) => `${timeWords(t, 6)} (${plain(t / this.app.round, 5)} tau)`;
    byId("cursors").textContent = a === null && b === null ? "" : [a === null ? "" : `A ${words(a)}`, b === null ? "" : `B ${words(b)}`,
      a === null || b === null ? "" : `B - A ${words(b - a)}`].filter(Boolean).join(", ");
  }
}
