// Machine: who is coupled to whom, and what each cell does. View: one read of it, which can be played to and fro.
class Machine {
  constructor(facts) { Object.assign(this, facts); }

  async load(names) {
    const own = [this.network.degree, this.network.indices, this.network.weight, this.network.bias, this.delay, this.exchange,
      this.x, this.y, this.chain, this.part].map(array);
    const [degree, indices, weight, bias, delay, exchange, x, y, chain, part] = await Promise.all(own);
    Object.assign(this, { weight, bias, delay, exchange, x, y, chain, part });
    this.names = this.names === null ? null : names[this.names];
    this.pointer = starts(degree);
    this.indices = Int32Array.from(indices);
    this.readers = this.transposed();
    this.spots = {};
    for (const kind of ["unused", "dead", "logical"]) {
      const given = this[kind];
      this.spots[kind] = given === null ? null : { x: await array(given.x), y: await array(given.y) };
    }
    if (this.modes) for (const key of ["weights", "x", "y"]) this.modes[key] = await array(this.modes[key]);
    const cells = { ...this.cells };
    for (const key of Object.keys(cells)) if (cells[key] && typeof cells[key] === "object" && "n" in cells[key]) cells[key] = await array(cells[key]);
    this.device = cells;
    if (this.problem === null) this.energy = { pointer: this.pointer, indices: this.indices, weight, bias };
    else {
      const p = this.problem;
      this.energy = { pointer: starts(await array(p.degree)), indices: Int32Array.from(await array(p.indices)),
        weight: await array(p.weight), bias: await array(p.bias) };
    }
    this.place_in_chain = null;
    if (chain !== null) {
      const seen = new Int32Array(this.variables), place = new Int32Array(this.n);
      for (let i = 0; i < this.n; i++) place[i] = seen[chain[i]]++;
      this.place_in_chain = place;
      this.chain_size = seen;
    }
    this.longest = 0;
    for (let k = 0; k < this.delay.length; k++) this.longest = Math.max(this.longest, this.delay[k] + (exchange ? exchange[k] : 0));
  }

  // For each p-bit the connections over which others hear it, as {pointer, connection, reader}.
  transposed() {
    const count = new Float64Array(this.n);
    for (const j of this.indices) count[j]++;
    const pointer = starts(count), next = pointer.slice(), connection = new Int32Array(this.indices.length);
    const reader = new Int32Array(this.indices.length);
    for (let i = 0; i < this.n; i++) for (let k = this.pointer[i]; k < this.pointer[i + 1]; k++) {
      const at = next[this.indices[k]]++;
      connection[at] = k;
      reader[at] = i;
    }
    return { pointer, connection, reader };
  }

  name(i) {
    if (this.chain !== null) return `${this.names ? this.names[this.chain[i]] : this.chain[i]}.${this.place_in_chain[i]}`;
    return this.names ? this.names[i] : String(i);
  }

  // Clock, tau and delay, as the die says them.
  paceWords() {
    const delay = this.delay_max > 0 ? `delay ${this.delay_words}` : "no delay";
    return `clock ${this.clock}, tau ${this.tau_words}, ${delay}${this.exchange_words ? `, boundaries exchanged every ${this.exchange_words}` : ""}`;
  }

  // The tick at which a commit at tick `t` over connection k is seen.
  arrival(k, t) {
    const every = this.exchange ? this.exchange[k] : 0;
    return (every ? (Math.floor(t / every) + 1) * every : t) + this.delay[k];
  }

  // P(+1) of p-bit i at x = beta I, from its own state (hwsim/cell/law.py: quantised, response).
  chance(i, x, own) {
    const d = this.device, low = d.low[i], high = d.high[i], step = d.step[i];
    if (d.stuck[i] !== 1) return d.stuck[i] > 1 ? 1 : 0;
    let q = Math.min(Math.max(x, low), high);
    if (step > 0) {
      let level = Math.floor((q - low) / step + 0.5);
      if (low + step * level > high + step / 1024) level -= 1;
      q = low + step * level;
    }
    const p = this.response(i, d.gain[i] * (q + d.offset[i]), own), grid = d.comparator[i] / 4294967296;
    return grid * Math.floor(p / grid + 0.5);
  }

  response(i, z, own) {
    const d = this.device, law = d.law[i], sigmoid = (v) => 1 / (1 + Math.exp(-2 * v));
    if (law === 1) return 0.5 + 0.5 * Math.min(Math.max(z, -1), 1);
    if (law === 2) {
      const place = Math.min(Math.max((z - d.table_first) / d.table_step, 0), d.table.length - 1);
      const q = Math.min(Math.floor(place), d.table.length - 2), part = place - q;
      return d.table[q] + part * (d.table[q + 1] - d.table[q]);
    }
    if (law === 4) {
      const stays = Math.exp(-d.parameter[i] * Math.exp(own > 0 ? -z : z));
      return own > 0 ? stays : 1 - stays;
    }
    if (law === 3) {
      const limit = d.z_limit[i], clipped = Math.min(Math.max(z, -limit), limit);
      const accepted = Math.pow(Math.cosh(clipped) / Math.cosh(limit), d.parameter[i]);
      return accepted * sigmoid(clipped) + (own > 0 ? 1 - accepted : 0);
    }
    return sigmoid(z);
  }
}

function starts(counts) {
  const out = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
  return out;
}

// The last index k with values[k] <= x, or -1; values ascend.
function last(values, x, low = 0, high = values.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// The last place p from low to high, without it, with times[order[p]] <= t, or low - 1; those times ascend.
function lastIn(times, order, t, low = 0, high = order.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[order[middle]] <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
}

class View {
  constructor(facts, machine) {
    this.facts = facts;
    this.machine = machine;
    this.end = facts.history.end;
  }

  async load() {
    const h = this.facts.history, m = this.machine;
    if (h.kind === "frames") return this.loadFrames();
    this.initial = spinsOf(await array(h.initial));
    if (h.kind === "slots") await this.unroll(h);
    else {
      this.time = await array(h.time);
      this.pbit = Int32Array.from(await array(h.pbit));
      this.value = spinsOf(await array(h.value));
    }
    this.link();
    this.walk();
    await this.loadRest();
    this.current = new Int32Array(m.n).fill(-1);
    this.state = this.initial.slice();
    this.at = 0;
    return this;
  }

  async loadRest() {
    const beta = this.facts.beta;
    this.beta_start = await array(beta.start);
    this.beta = await array(beta.beta);
    this.modes = null;
    const modes = this.facts.history.modes;
    if (modes) {
      const values = await Promise.all(modes.values.map(array));
      this.energy = null; // of p-bits alone; the curves hold that of the whole machine
      this.modes = { names: modes.names, values: values.map((v, k) => v.map((w) => modes.low[k] + modes.step[k] * w)) };
    }
  }

  // Events of a regular clock: the page holds only which of them changed a value.
  async unroll(h) {
    const member = await array(h.member), members = starts(await array(h.members)), changed = await array(h.changed);
    this.time = new Float64Array(h.n);
    this.pbit = new Int32Array(h.n);
    this.value = new Int8Array(h.n);
    const state = this.initial.slice();
    for (let e = 0, slot = 0; e < h.n; slot++) {
      const inside = slot % h.slots, t = Math.floor(slot / h.slots) * h.period + Math.floor(inside * h.period / h.slots);
      for (let q = members[inside]; q < members[inside + 1] && e < h.n; q++, e++) {
        const i = member[q];
        this.time[e] = t;
        this.pbit[e] = i;
        if (changed[e]) state[i] = -state[i];
        this.value[e] = state[i];
      }
    }
  }

  // Frames: states at some moments, each stored as its difference from the one before.
  async loadFrames() {
    const h = this.facts.history;
    this.isFrames = true;
    this.instant = await array(h.time);
    this.frames = await Promise.all(h.changed.map(array));
    this.state = spinsOf(this.frames[0]);
    this.initial = this.state.slice();
    this.at = 1;
    this.time = new Float64Array(0); this.pbit = new Int32Array(0); this.value = new Int8Array(0); this.stale = new Uint8Array(0);
    this.first = new Int32Array(this.instant.length + 1);
    this.current = new Int32Array(this.machine.n).fill(-1);
    this.flips = { pointer: new Int32Array(this.machine.n + 1), event: new Int32Array(0) };
    this.updates = this.flips;
    this.marks = { stale: [], break: [], best: [] };
    this.energy = Float64Array.from([h.energy[0], ...h.energy]);
    this.magnet = Float64Array.from([h.magnet[0], ...h.magnet]);
    this.broken = null;
    this.best = this.energy.slice();
    for (let q = 1; q < this.best.length; q++) if (this.best[q] > this.best[q - 1]) this.best[q] = this.best[q - 1]; else if (this.best[q] < this.best[q - 1]) this.marks.best.push(q - 1);
    await this.loadRest();
    return this;
  }

  // Instants, the event before each event of its p-bit, and events by p-bit.
  link() {
    const n = this.machine.n, E = this.time.length, seen = new Int32Array(n).fill(-1);
    this.before = new Int32Array(E);
    const firsts = [], count = new Int32Array(n), flipped = new Int32Array(n), changed = new Uint8Array(E);
    for (let e = 0; e < E; e++) {
      const i = this.pbit[e], previous = seen[i];
      this.before[e] = previous;
      seen[i] = e;
      if (e === 0 || this.time[e] !== this.time[e - 1]) firsts.push(e);
      changed[e] = this.value[e] !== (previous < 0 ? this.initial[i] : this.value[previous]) ? 1 : 0;
      count[i]++;
      flipped[i] += changed[e];
    }
    this.changed = changed;
    this.first = Int32Array.from([...firsts, E]);
    this.instant = Float64Array.from(firsts, (e) => this.time[e]);
    this.updates = { pointer: starts(count), event: new Int32Array(E) };
    this.flips = { pointer: starts(flipped), event: new Int32Array(flipped.reduce((a, b) => a + b, 0)) };
    const next = this.updates.pointer.slice(), nextFlip = this.flips.pointer.slice();
    for (let e = 0; e < E; e++) {
      this.updates.event[next[this.pbit[e]]++] = e;
      if (changed[e]) this.flips.event[nextFlip[this.pbit[e]]++] = e;
    }
  }

  // One pass over all events: energies, magnetisation, chains, stale reads. An update is stale where a commit of a
  // neighbour, made before its instant, has not arrived by then.
  walk() {
    const m = this.machine, E = this.time.length, M = this.instant.length, { pointer, indices, weight, bias } = m.energy;
    const state = this.initial.slice(), vote = m.chain ? this.votes(state) : state, up = this.up;
    const committed = new Float64Array(m.n).fill(-1);
    let energy = m.offset, sum = 0, broken = 0, best = Infinity, stale = 0;
    for (let v = 0; v < vote.length; v++) {
      energy += bias[v] * vote[v];
      for (let k = pointer[v]; k < pointer[v + 1]; k++) if (indices[k] > v) energy += weight[k] * vote[v] * vote[indices[k]];
    }
    for (let i = 0; i < m.n; i++) sum += state[i];
    if (m.chain) for (let v = 0; v < m.variables; v++) broken += up[v] > 0 && up[v] < m.chain_size[v] ? 1 : 0;
    this.energy = new Float64Array(M + 1); this.magnet = new Float64Array(M + 1); this.best = new Float64Array(M + 1);
    this.broken = new Int32Array(M + 1); this.staleSoFar = new Int32Array(M + 1); this.togetherSoFar = new Int32Array(M + 1);
    const updated = new Int32Array(m.n).fill(-1);
    let together = 0;
    this.stale = new Uint8Array(E);
    this.marks = { stale: [], break: [], best: [] };
    this.energy[0] = best = energy; this.best[0] = best; this.magnet[0] = sum / m.n; this.broken[0] = broken;
    const turn = (v) => {
      let field = bias[v];
      for (let k = pointer[v]; k < pointer[v + 1]; k++) field += weight[k] * vote[indices[k]];
      energy -= 2 * vote[v] * field;
      vote[v] = -vote[v];
    };
    for (let q = 0; q < M; q++) {
      const from = this.first[q], to = this.first[q + 1], t = this.instant[q];
      let isStale = false, isBreak = false;
      if (to - from > 1) {
        for (let e = from; e < to; e++) updated[this.pbit[e]] = q;
        for (let e = from; e < to; e++) {
          const i = this.pbit[e];
          for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) if (updated[m.indices[k]] === q) { together++; break; }
        }
      }
      for (let e = from; e < to; e++) {
        const i = this.pbit[e];
        for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) {
          const c = committed[m.indices[k]];
          if (c >= 0 && t < m.arrival(k, c)) { this.stale[e] = 1; break; }
        }
        stale += this.stale[e];
        isStale = isStale || this.stale[e] === 1;
      }
      for (let e = from; e < to; e++) {
        if (!this.changed[e]) continue;
        const i = this.pbit[e];
        committed[i] = t;
        state[i] = this.value[e];
        sum += 2 * state[i];
        if (!m.chain) { // state is vote: turn it back for its field, which leaves it turned
          state[i] = -state[i];
          turn(i);
          continue;
        }
        const v = m.chain[i], whole = up[v] === 0 || up[v] === m.chain_size[v];
        up[v] += state[i];
        const wholeNow = up[v] === 0 || up[v] === m.chain_size[v];
        if (whole && !wholeNow) { broken++; isBreak = true; }
        if (!whole && wholeNow) broken--;
        if (this.voteOf(v, state) !== vote[v]) turn(v);
      }
      this.energy[q + 1] = energy; this.magnet[q + 1] = sum / m.n; this.broken[q + 1] = broken; this.staleSoFar[q + 1] = stale;
      this.togetherSoFar[q + 1] = together;
      if (energy < best - 1e-9 * Math.max(1, Math.abs(best))) { best = energy; this.marks.best.push(q); }
      this.best[q + 1] = best;
      if (isStale) this.marks.stale.push(q);
      if (isBreak) this.marks.break.push(q);
    }
  }

  // Votes of the chains: the value of most p-bits, in a tie that of the first. Fills this.up, p-bits at +1 by variable.
  votes(state) {
    const m = this.machine;
    this.up = new Int32Array(m.variables);
    this.head = new Int32Array(m.variables);
    for (let i = 0; i < m.n; i++) {
      if (state[i] > 0) this.up[m.chain[i]]++;
      if (m.place_in_chain[i] === 0) this.head[m.chain[i]] = i;
    }
    return Int8Array.from({ length: m.variables }, (_, v) => this.voteOf(v, state));
  }

  voteOf(v, state) {
    const twice = 2 * this.up[v] - this.machine.chain_size[v];
    return twice === 0 ? state[this.head[v]] : Math.sign(twice);
  }

  // Values of the problem's variables now.
  variables() {
    return this.machine.chain ? this.votes(this.state) : this.state;
  }

  // Play to tick t: all events at or before it have happened.
  seek(t) { this.seekInstant(last(this.instant, t) + 1); }

  // Play until `many` instants have happened.
  seekInstant(many) {
    if (this.isFrames) return this.seekFrame(Math.max(many, 1));
    while (this.at < many) {
      for (let e = this.first[this.at]; e < this.first[this.at + 1]; e++) {
        this.state[this.pbit[e]] = this.value[e];
        this.current[this.pbit[e]] = e;
      }
      this.at++;
    }
    while (this.at > many) {
      this.at--;
      for (let e = this.first[this.at + 1] - 1; e >= this.first[this.at]; e--) {
        const i = this.pbit[e], before = this.before[e];
        this.current[i] = before;
        this.state[i] = before < 0 ? this.initial[i] : this.value[before];
      }
    }
  }

  seekFrame(many) {
    const turn = (frame) => { for (let i = 0; i < frame.length; i++) if (frame[i]) this.state[i] = -this.state[i]; };
    while (this.at < many) turn(this.frames[this.at++]);
    while (this.at > many) turn(this.frames[--this.at]);
  }

  // The state of p-bit i at tick t, without playing.
  stateAt(t, i) {
    const { pointer, event } = this.updates, at = lastIn(this.time, event, t, pointer[i], pointer[i + 1]);
    return at < pointer[i] ? this.initial[i] : this.value[event[at]];
  }

  // What the reader of connection k has heard of its neighbour by tick t, and the commit that is under way, if any.
  heard(k, t) {
    const m = this.machine, j = m.indices[k], { pointer, event } = this.flips;
    let way = null;
    for (let q = this.lastFlip(j, t); q >= pointer[j]; q--) {
      const sent = this.time[event[q]], arrives = m.arrival(k, sent);
      if (arrives <= t) return { value: this.value[event[q]], way };
      way = { sent, arrives };
    }
    return { value: this.initial[j], way };
  }

  // Place among the flips of p-bit j of the last one at or before tick t; pointer[j] - 1 where there is none.
  lastFlip(j, t) {
    const { pointer, event } = this.flips;
    return lastIn(this.time, event, t, pointer[j], pointer[j + 1]);
  }

  // The input of p-bit i at tick t, from what it has heard.
  input(i, t) {
    const m = this.machine;
    let field = m.bias[i];
    for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) field += m.weight[k] * this.heard(k, t).value;
    if (m.modes) for (let k = 0; k < m.modes.x.length; k++) field -= m.modes.weights[k * m.n + i] * this.modeAt(k, t);
    return -field;
  }

  // Continuous cell k as it was read last, by tick t.
  modeAt(k, t) { return this.modes.values[k + 1][this.first[last(this.instant, t) + 1]]; }

  betaAt(t) { return this.beta[Math.max(0, last(this.beta_start, t))]; }

  // The next instant after tick t that is marked as kind, or -1.
  nextMark(kind, t) {
    const marks = this.marks[kind], next = lastIn(this.instant, marks, t) + 1;
    return next < marks.length ? marks[next] : -1;
  }
}

function spinsOf(bits) {
  const out = new Int8Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i] ? 1 : -1;
  return out;
}
