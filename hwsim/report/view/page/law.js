// Law: the histogram of states beside the exact law, or measured correlations beside those of ideal p-bits.
const MOST_BARS = 64, WINDOW = 200;

class Law {
  constructor(app) {
    this.app = app;
    this.canvas = byId("law");
  }

  draw() {
    const { pen, w, h } = sheet(this.canvas), kind = this.app.view(0).facts.law.kind;
    if (kind === "exact") return this.exact(pen, w, h);
    if (kind === "pairs") return this.pairs(pen, w, h);
    byId("law-title").textContent = "";
    byId("law-words").textContent = "This machine has no couplings to compare, or is too large for it.";
  }

  exact(pen, w, h) {
    const app = this.app, t = app.state.t, view = app.view(0), beta = view.betaAt(t), law = lawOf(view.machine, beta);
    const taken = app.views().map((each) => counts(each, t, law.p.length));
    const box = { x: 44, y: 16, w: w - 54, h: h - 54 }, shown = Math.min(law.order.length, MOST_BARS);
    this.last = { p: Array.from(law.p), counts: Array.from(taken[0].of), distance: distance(taken[0], law.p), floor: noiseFloor(law.p, taken[0].n) };
    let top = 0;
    for (let k = 0; k < shown; k++) for (const each of taken) top = Math.max(top, law.p[law.order[k]], each.n ? each.of[law.order[k]] / each.n : 0);
    const ys = [0, top * 1.05], { y } = plot(pen, box, [0, shown], ys, { y: "probability" });
    pen.fillStyle = palette.panel;
    pen.fillRect(box.x - 8, box.y + box.h + 4, box.w + 20, 14);
    const wide = box.w / shown;
    for (let k = 0; k < shown; k++) {
      const state = law.order[k], x = box.x + k * wide;
      taken.forEach((each, number) => {
        const share = each.n ? each.of[state] / each.n : 0, part = (wide * 0.8) / taken.length;
        pen.fillStyle = number ? palette.stale : palette.accent;
        pen.fillRect(x + wide * 0.1 + number * part, y(share), part, box.y + box.h - y(share));
      });
      pen.strokeStyle = palette.text;
      pen.lineWidth = 2;
      line(pen, x + wide * 0.02, y(law.p[state]), x + wide * 0.98, y(law.p[state]));
      if (view.machine.variables <= 6 && wide > 14) {
        pen.save();
        pen.translate(x + wide / 2 + 3, box.y + box.h + 4);
        pen.rotate(wide > 44 ? 0 : Math.PI / 2);
        text(pen, bitsOf(state, view.machine.variables), wide > 44 ? -16 : 0, wide > 44 ? 10 : 4, palette.soft);
        pen.restore();
      }
    }
    if (view.machine.variables > 6) text(pen, `states, the likeliest first${shown < law.p.length ? ` (${shown} of ${whole(law.p.length)})` : ""}`, box.x + box.w / 2, box.y + box.h + 15, palette.text, "center");
    byId("law-title").textContent = "bars: measured so far; lines: exp(-beta E) / Z";
    const floor = (n, view) => n ? plain(noiseFloor(law.p, Math.max(1, Math.round(n / memory(view)))), 3) : "unknown";
    const words = taken.map((each, number) => `${app.views().length > 1 ? safe(app.settingWords(app.view(number))) + ": " : ""}distance (total variation) <b>${
      each.n ? plain(distance(each, law.p), 3) : "unknown"}</b> after ${whole(each.n)} samples, which follow each other and are worth about ${
      whole(Math.max(1, each.n / memory(app.view(number))))} independent ones: chance alone may show up to ${floor(each.n, app.view(number))}`);
    byId("law-words").innerHTML = words.join(". ") + `. One sample each tau; beta ${plain(beta, 4)}${view.facts.still ? "" : `, which changes: the last ${WINDOW} samples beside the law of this moment`}.`;
  }

  pairs(pen, w, h) {
    const app = this.app, t = app.state.t, box = { x: 44, y: 16, w: w - 54, h: h - 54 };
    const { x, y } = plot(pen, box, [-1, 1], [-1, 1], { x: "without delay and faults", y: "measured" });
    pen.strokeStyle = palette.text;
    line(pen, x(-1), y(-1), x(1), y(1));
    const words = app.views().map((view, number) => {
      const law = view.law, look = Math.max(0, last(law.times, t)), P = law.first.length, colour = number ? palette.stale : palette.accent;
      const here = law.here.subarray(look * P, (look + 1) * P), ideal = law.ideal.subarray(look * P, (look + 1) * P);
      pen.globalAlpha = Math.max(0.25, Math.min(1, 250 / P));
      for (let k = 0; k < P; k++) dot(pen, x(ideal[k] / 127 - 1), y(here[k] / 127 - 1), P > 500 ? 1.6 : 2.6, colour);
      pen.globalAlpha = 1;
      return `${app.views().length > 1 ? safe(app.settingWords(view)) + ": " : ""}r.m.s. difference <b>${plain(law.error[look], 3)}</b>, chance alone makes ${plain(law.floor[look], 2)}`;
    });
    const law = app.view(0).law;
    byId("law-title").textContent = "correlations of coupled p-bits";
    byId("law-words").innerHTML = `${words.join("; ")}. Each dot is one coupling${law.first.length < law.all ? ` (${whole(law.first.length)} of ${whole(law.all)})` : ""}, the mean product of its two values over ${law.reads} reads${law.still ? " and the time so far" : " at this moment"}; on the line the machine does what it should.`;
  }
}

const laws = new Map();

// {p, order}: the law of every state of at most 12 variables, and the states by falling probability.
function lawOf(machine, beta) {
  let known = laws.get(machine);
  if (!known) laws.set(machine, known = { energies: allEnergies(machine) });
  if (known.beta === beta) return known;
  const least = known.energies.reduce((a, b) => Math.min(a, b), Infinity), p = known.energies.map((e) => Math.exp(-beta * (e - least)));
  const total = p.reduce((a, b) => a + b, 0);
  known.beta = beta;
  known.p = p.map((v) => v / total);
  known.order = Array.from(p.keys()).sort((i, j) => p[j] - p[i] || i - j);
  return known;
}

function allEnergies(machine) {
  const { pointer, indices, weight, bias } = machine.energy, n = machine.variables, out = new Float64Array(1 << n);
  const spin = (state, v) => (state >> v) & 1 ? 1 : -1;
  for (let state = 0; state < out.length; state++) {
    let e = 0;
    for (let v = 0; v < n; v++) {
      e += bias[v] * spin(state, v);
      for (let k = pointer[v]; k < pointer[v + 1]; k++) if (indices[k] > v) e += weight[k] * spin(state, v) * spin(state, indices[k]);
    }
    out[state] = e;
  }
  return out;
}

// Numbers of the states at each whole tau, before what happens there.
function samples(view) {
  if (view.samples) return view.samples;
  const round = view.machine.round, many = Math.floor(view.end / round), out = new Int32Array(many), was = view.at;
  for (let k = 1; k <= many; k++) {
    view.seek(k * round - 0.5);
    out[k - 1] = numberOf(view.variables());
  }
  view.seekInstant(was);
  return view.samples = out;
}

function numberOf(spins) {
  let out = 0;
  for (let v = 0; v < spins.length; v++) if (spins[v] > 0) out |= 1 << v;
  return out;
}

function counts(view, t, states) {
  const all = samples(view), n = Math.min(all.length, Math.floor(t / view.machine.round)), from = view.facts.still ? 0 : Math.max(0, n - WINDOW);
  const of = new Float64Array(states);
  for (let k = from; k < n; k++) of[all[k]]++;
  return { n: n - from, of };
}

// How many samples in a row are worth one: 1 + 2 (sum of the autocorrelation of the state), up to five times that long.
function memory(view) {
  if (view.memory) return view.memory;
  const all = samples(view), n = all.length, share = new Map();
  for (const state of all) share.set(state, (share.get(state) || 0) + 1 / n);
  let squares = 0, total = 1;
  for (const p of share.values()) squares += p * p;
  for (let lag = 1; lag < n / 4 && lag < 5 * total; lag++) {
    let same = 0;
    for (let k = lag; k < n; k++) same += all[k] === all[k - lag] ? 1 : 0;
    total += 2 * Math.max(0, (same / (n - lag) - squares) / (1 - squares || 1));
  }
  return view.memory = total;
}

function distance(taken, p) {
  let sum = 0;
  for (let k = 0; k < p.length; k++) sum += Math.abs(taken.of[k] / taken.n - p[k]);
  return sum / 2;
}

// Mean distance of n perfect samples from their own law: de Moivre's mean deviation of a binomial, state by state.
function noiseFloor(p, n) {
  let sum = 0;
  for (const q of p) {
    if (!(q > 0 && q < 1)) continue;
    const v = Math.floor(n * q) + 1;
    if (v > n) continue;
    sum += v * (1 - q) * Math.exp(logFactorial(n) - logFactorial(v) - logFactorial(n - v) + v * Math.log(q) + (n - v) * Math.log(1 - q));
  }
  return sum / n;
}

function logFactorial(n) {
  if (n < 16) { let out = 0; for (let k = 2; k <= n; k++) out += Math.log(k); return out; }
  return (n + 0.5) * Math.log(n) - n + 0.9189385332046728 + 1 / (12 * n) - 1 / (360 * n ** 3);
}

function bitsOf(state, n) {
  let out = "";
  for (let v = 0; v < n; v++) out += (state >> v) & 1 ? "+" : "-";
  return out;
}
