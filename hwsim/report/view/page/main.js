// The page: one state, kept in the address; panels that draw it; controls that change it.
const SPEEDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const PAPER = 960; // CSS pixels that are left between the margins of a sheet, A4 or Letter

class App {
  constructor(meta) {
    this.meta = meta;
    this.machines = meta.machines.map((facts) => new Machine(facts));
    this.all = meta.views.map((facts) => new View(facts, this.machines[facts.machine]));
    this.state = { t: 0, axis: meta.axes.map(() => 0), beside: meta.compare ? 1 : null, sel: null, kept: [], zoom: null, a: null, b: null,
      speed: 5, loop: false, until: "", wires: null, theme: null, die: { f: 1, x: null, y: null } };
    this.playing = false;
    this.loading = new Map();
    this.frames = [];
  }

  // The View shown on side 0, or beside it on side 1.
  view(side) { return this.all[side ? this.state.beside : this.chosen()]; }

  views() { return this.state.beside === null ? [this.view(0)] : [this.view(0), this.view(1)]; }

  // The number of the view whose setting the sliders say; of a setting that does not fit its chip, the nearest before.
  chosen() {
    const { axes } = this.meta;
    if (!axes.length) return 0;
    for (let k = this.state.axis[0]; k >= 0; k--) {
      const at = this.all.findIndex(({ facts }) => axes.every((axis, q) => facts.words[axis.key] === axis.words[q ? this.state.axis[q] : k]));
      if (at >= 0) return at;
    }
    return 0;
  }

  get machine() { return this.view(0).machine; }
  get end() { return this.view(0).end; }
  get round() { return this.machine.round; }

  axisName(axis) { return axis.key.replace(/_/g, " "); }

  settingWords(view) {
    return this.meta.axes.map((axis) => `${this.axisName(axis)} ${view.facts.words[axis.key]}`).join(", ");
  }

  // Chosen p-bits among the waveforms: the one that is chosen last, and those that are kept.
  shown() {
    const { sel, kept } = this.state, n = this.machine.n, isPaper = document.body.classList.contains("sheet");
    const most = !isPaper ? 8 : this.state.beside === null ? 3 : 1;
    return [...new Set([...(sel === null ? [] : [sel]), ...kept])].filter((i) => i < n).slice(0, most);
  }

  load(view) {
    if (!this.loading.has(view)) {
      this.loading.set(view, (async () => {
        const machine = view.machine;
        if (!machine.loaded) machine.loaded = machine.load(this.meta.names);
        await machine.loaded;
        await view.load();
        await this.loadLaw(view);
        view.isReady = true;
      })());
    }
    return this.loading.get(view);
  }

  async loadLaw(view) {
    const law = view.facts.law;
    view.law = { ...law };
    if (law.kind !== "pairs") return;
    for (const key of ["first", "second", "here", "ideal"]) view.law[key] = await array(law[key]);
  }

  async start() {
    await this.load(this.all[0]);
    const n = this.machine.n, couplings = this.machine.indices.length / 2;
    this.state.wires = couplings > 0 && couplings <= 800;
    this.state.sel = n <= AS_IMAGE && n > 0 ? this.busiest() : null;
    if (this.state.sel !== null && !this.all[0].isFrames) this.state.kept = this.strongest(this.state.sel, 2);
    this.state.t = Math.min(this.end / 4, 12 * this.round);
    this.fromAddress();
    this.readTheme();
    await Promise.all(this.views().map((view) => this.load(view)));
    this.clampTime();
    this.panels = { waves: new Waves(this), law: new Law(this), scope: new Scope(this), pbit: new PBitPanel(this) };
    this.dies = [];
    this.controls();
    if (this.state.zoom === null && this.end > 60 * this.round) this.state.zoom = [0, Math.max(8, Math.min(30, this.panels.waves.canvas.clientWidth / 40)) * this.round];
    this.clampTime();
    this.drawAll();
    this.shownAt = performance.now();
    for (const view of this.all) await this.load(view);
  }

  // The p-bit of most couplings: with it the page begins.
  busiest() {
    const p = this.machine.pointer;
    let best = 0;
    for (let i = 1; i < this.machine.n; i++) if (p[i + 1] - p[i] > p[best + 1] - p[best]) best = i;
    return best;
  }

  // The neighbours of p-bit i with the strongest couplings.
  strongest(i, many) {
    const m = this.machine, row = Array.from({ length: m.pointer[i + 1] - m.pointer[i] }, (_, k) => m.pointer[i] + k);
    return row.sort((k, q) => Math.abs(m.weight[q]) - Math.abs(m.weight[k])).slice(0, many).map((k) => m.indices[k]);
  }

  clampTime() {
    const end = this.end, s = this.state;
    s.t = Math.max(0, Math.min(end, s.t));
    if (s.zoom && s.zoom[1] > end) {
      const width = Math.min(end, s.zoom[1] - s.zoom[0]);
      s.zoom = [end - width, end];
    }
  }

  set(change) {
    Object.assign(this.state, change);
    this.changed();
  }

  async changed() {
    const views = this.views();
    if (!views.every((view) => view.isReady)) await Promise.all(views.map((view) => this.load(view)));
    this.clampTime();
    this.draw();
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.drawAll(); });
  }

  drawAll() {
    if (!this.views().every((view) => view.isReady)) return;
    const began = performance.now();
    const sides = this.views().length;
    document.body.classList.toggle("beside", sides > 1);
    while (this.dies.length < sides) this.dies.push(new Die(this.dies.length, this));
    this.dies.forEach((die, side) => { die.root.hidden = side >= sides; });
    for (let side = 0; side < sides; side++) this.dies[side].draw();
    if (this.machine.spots.logical && !this.logical) this.logical = new Logical(this);
    if (this.logical) {
      this.logical.root.hidden = sides > 1 || !this.machine.spots.logical;
      if (!this.logical.root.hidden) this.logical.draw();
    }
    document.body.classList.toggle("embedded", Boolean(this.logical) && !this.logical.root.hidden);
    if (this.state.t !== this.followed) this.panels.waves.follow(this.state.t);
    this.followed = this.state.t;
    this.panels.waves.draw();
    this.panels.law.draw();
    this.panels.scope.draw();
    this.panels.pbit.draw();
    this.showControls();
    this.frames.push(performance.now() - began);
    if (this.frames.length > 600) this.frames.shift();
    this.toAddress();
  }

  choose(i) { this.set({ sel: i }); }

  setAxis(which, at) {
    const axis = this.state.axis.slice();
    axis[which] = Math.max(0, Math.min(this.meta.axes[which].words.length - 1, at));
    this.set({ axis });
  }

  play(on) {
    if (on === this.playing) return;
    this.playing = on;
    this.say("");
    if (on && this.state.t >= this.end) this.state.t = 0;
    this.stamp = null;
    if (on) requestAnimationFrame((now) => this.tick(now));
    else this.draw();
  }

  // One frame of playing: device time goes on by speed times the time since the last frame.
  tick(now) {
    if (!this.playing) return;
    const passed = this.stamp === null ? 0 : Math.min(0.25, (now - this.stamp) / 1000);
    this.stamp = now;
    const s = this.state;
    let t = s.t + passed * s.speed * this.round;
    const mark = s.until ? this.view(0).nextMark(s.until, s.t) : -1;
    if (mark >= 0 && this.view(0).instant[mark] <= t) {
      this.arrive(mark);
      return;
    }
    if (t >= this.end) {
      if (s.loop) t = 0;
      else { t = this.end; this.playing = false; this.say("The end of what was recorded."); }
    }
    s.t = t;
    this.drawAll();
    if (this.playing) requestAnimationFrame((next) => this.tick(next));
  }

  // Stop at a marked instant, and say what happens there.
  arrive(mark) {
    const view = this.view(0), kind = this.state.until, t = view.instant[mark];
    this.playing = false;
    this.state.t = t;
    view.seekInstant(mark + 1);
    if (kind === "stale") this.arriveStale(view, mark, t);
    else if (kind === "break") this.say(`A chain breaks at ${this.when(t)}: ${view.broken[mark + 1]} of ${view.machine.variables} are broken now.`);
    else this.say(`The best energy so far, ${plain(view.energy[mark + 1])}, is reached at ${this.when(t)}.`);
    this.changed();
  }

  arriveStale(view, mark, t) {
    const m = view.machine;
    for (let e = view.first[mark]; e < view.first[mark + 1]; e++) {
      if (!view.stale[e]) continue;
      const i = view.pbit[e];
      for (let k = m.pointer[i]; k < m.pointer[i + 1]; k++) {
        const flips = view.flips, q = view.lastFlip(m.indices[k], t - 0.5);
        if (q < flips.pointer[m.indices[k]]) continue;
        const sent = view.time[flips.event[q]], arrives = m.arrival(k, sent);
        if (arrives <= t) continue;
        const j = m.indices[k], width = Math.min(this.end, Math.max(6 * (arrives - sent), 0.05 * this.round));
        this.state.sel = i;
        this.state.kept = [j];
        const from = Math.max(0, Math.min(this.end - width, t - width / 2));
        this.state.zoom = width < this.end ? [from, from + width] : null;
        this.say(`Stale read: p-bit ${m.name(i)} updated at ${this.when(t)}, while the commit of its neighbour ${m.name(j)}, made ${
          timeWords(t - sent)} before, was still under way (it arrives ${timeWords(arrives - t)} later).`);
        return;
      }
    }
  }

  when(t) { return `${timeWords(t, 6)} (${plain(t / this.round, 5)} tau)`; }

  jump() {
    const kind = this.state.until || "stale";
    if (!this.state.until) this.state.until = kind;
    const mark = this.view(0).nextMark(kind, this.state.t);
    this.playing = false;
    if (mark < 0) {
      const words = { stale: "stale read", break: "chain break", best: "better energy" }[kind];
      this.say(`There is no ${words} after this time.`);
      this.draw();
    } else this.arrive(mark);
  }

  step(by) {
    this.playing = false;
    const view = this.view(0);
    view.seek(this.state.t);
    const at = view.at + by;
    this.say("");
    if (at < 0 || at > view.instant.length) return this.draw();
    this.set({ t: at === 0 ? 0 : view.instant[at - 1] });
    if (at === 0 && view.instant[0] === 0) this.say("This is the start; the first updates happen at time 0.");
  }

  edge(by) {
    const view = this.view(0), i = this.state.sel;
    if (i === null || view.isFrames) return;
    const { pointer, event } = view.flips, q = by > 0 ? view.lastFlip(i, this.state.t) + 1 : view.lastFlip(i, this.state.t - 0.5);
    if (q < pointer[i] || q >= pointer[i + 1]) return this.say(`P-bit ${view.machine.name(i)} has no ${by > 0 ? "later" : "earlier"} edge.`);
    this.playing = false;
    this.state.t = view.time[event[q]];
    this.panels.waves.follow(this.state.t);
    this.changed();
  }

  say(words) { byId("status").textContent = words; }

  controls() {
    const { meta, state } = this;
    byId("title").textContent = meta.title;
    byId("lead").textContent = meta.lead;
    byId("place-words").textContent = this.machine.place_words;
    byId("speed").innerHTML = SPEEDS.map((v) => `<option value="${v}">${v} tau/s</option>`).join("");
    const on = (id, event, then) => byId(id).addEventListener(event, then);
    on("play", "click", () => this.play(!this.playing));
    on("back", "click", () => this.step(-1));
    on("forward", "click", () => this.step(1));
    on("start", "click", () => { this.say(""); this.set({ t: 0 }); });
    on("next", "click", () => this.jump());
    on("speed", "change", (event) => this.set({ speed: Number(event.target.value) }));
    on("loop", "change", (event) => this.set({ loop: event.target.checked }));
    on("until", "change", (event) => this.set({ until: event.target.value }));
    on("wires", "change", (event) => this.set({ wires: event.target.checked }));
    on("time", "input", (event) => { this.say(""); this.set({ t: event.target.value / 10000 * this.end }); });
    on("die-in", "click", () => this.dies[0].zoomAbout(this.dies[0].canvas.clientWidth / 2, this.dies[0].canvas.clientHeight / 2, 1.6));
    on("die-out", "click", () => this.dies[0].zoomAbout(this.dies[0].canvas.clientWidth / 2, this.dies[0].canvas.clientHeight / 2, 1 / 1.6));
    on("die-all", "click", () => this.set({ die: { f: 1, x: null, y: null } }));
    on("zoom-in", "click", () => this.panels.waves.zoom(state.t, 2));
    on("zoom-out", "click", () => this.panels.waves.zoom(state.t, 0.5));
    on("zoom-all", "click", () => this.set({ zoom: null }));
    on("edge-back", "click", () => this.edge(-1));
    on("edge-next", "click", () => this.edge(1));
    on("cursor-a", "click", () => this.set({ a: state.t }));
    on("cursor-b", "click", () => this.set({ b: state.t }));
    on("add", "click", () => this.set({ kept: [...new Set([...state.kept, state.sel])].filter((i) => i !== null).slice(-7) }));
    on("drop", "click", () => this.set({ kept: [] }));
    on("pick", "change", (event) => this.pick(event.target.value.trim()));
    on("theme", "click", () => { this.state.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; this.readTheme(); this.changed(); });
    on("help", "click", () => {
      const words = byId("words");
      words.hidden = !words.hidden;
      byId("help").setAttribute("aria-expanded", String(!words.hidden));
    });
    window.addEventListener("resize", () => this.draw());
    window.addEventListener("hashchange", () => { if (location.hash !== this.address) { this.fromAddress(); this.readTheme(); this.changed(); } });
    window.addEventListener("beforeprint", () => this.toPaper(true));
    window.addEventListener("afterprint", () => this.toPaper(false));
    document.addEventListener("keydown", (event) => this.key(event));
    this.settings();
    this.legend();
    const names = this.machine.n <= 3000 ? Array.from({ length: this.machine.n }, (_, i) => `<option value="${safe(this.machine.name(i))}">`) : [];
    byId("names").innerHTML = names.join("");
    byId("foot").innerHTML = [...meta.notes.map(safe), `hwsim ${safe(meta.hwsim)}, page format ${meta.format}`, meta.command ? `made by: ${safe(meta.command)}` : ""].filter(Boolean).join("; ");
    const hasBreaks = this.machine.chain !== null;
    for (const option of byId("until").options) if (option.value === "break") option.hidden = option.disabled = !hasBreaks;
    byId("scope-panel").hidden = !meta.curves.length;
    byId("law-panel").hidden = this.view(0).facts.law.kind === "none";
    byId("pbit-panel").hidden = Boolean(this.view(0).isFrames);
    document.body.classList.toggle("alone", byId("law-panel").hidden && byId("pbit-panel").hidden && byId("scope-panel").hidden);
    document.body.classList.toggle("plain", !meta.curves.length);
  }

  // Sliders of the settings, and the choice of one to stand beside.
  settings() {
    const { axes } = this.meta, row = byId("settings");
    row.hidden = !axes.length;
    if (!axes.length) return;
    const parts = axes.map((axis, k) => `<div class="setting"><label for="axis${k}">${safe(this.axisName(axis))}</label>
      <input type="range" id="axis${k}" min="0" max="${axis.words.length - 1}" step="1" aria-label="${safe(this.axisName(axis))}" title="Setting: ${safe(this.axisName(axis))} (${k ? "{ and }" : "[ and ]"})">
      <output id="axis${k}-words" for="axis${k}"></output></div>`);
    const options = this.all.map(({ facts }, k) => `<option value="${k}">${safe(axes.map((axis) => `${this.axisName(axis)} ${facts.words[axis.key]}`).join(", "))}</option>`);
    parts.push(`<label title="Show another setting beside this one, in the same device time">Compare with <select id="beside" aria-label="Compare with"><option value="">none</option>${options.join("")}</select></label>`);
    row.innerHTML = parts.join("");
    axes.forEach((_, k) => byId("axis" + k).addEventListener("input", (event) => this.setAxis(k, Number(event.target.value))));
    byId("beside").addEventListener("change", (event) => this.set({ beside: event.target.value === "" ? null : Number(event.target.value) }));
  }

  legend() {
    const m = this.machine, one = m.binary ? ["1", "0"] : ["+1", "-1"], key = (style) => `<span class="key" style="${style}"></span>`;
    const stuck = m.device.stuck.some((s) => s !== 1) || m.device.held.some((s) => s);
    byId("die-legend").innerHTML = key("background:var(--up)") + one[0] + key("background:var(--down)") + one[1] +
      (this.view(0).isFrames ? "" : key("border:3px solid var(--stale)") + "its last update was a stale read") + (m.longest > 0 ? key("width:7px;height:7px;background:var(--up);vertical-align:1px") + "on a wire: a commit on its way" : "") +
      (m.chain ? key("border-radius:2px;height:6px;background:var(--soft);vertical-align:2px") + "chain of one variable" + key("border-radius:2px;height:6px;background:var(--stale);vertical-align:2px") + "broken chain" : "") +
      (stuck ? " &nbsp;&times; stuck or held cell" : "") + (m.spots.dead.x.length ? " &nbsp;&times; dead cell" : "") + (m.bare ? ". Each pixel is the mean of its p-bits; the couplings are too many for a page." : ". Wires: dashed where the coupling favours opposite values.");
  }

  showControls() {
    const { state, end } = this, t = state.t;
    byId("play").textContent = this.playing ? "Pause" : "Play";
    byId("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
    byId("speed").value = state.speed;
    byId("loop").checked = state.loop;
    byId("until").value = state.until;
    byId("wires").checked = state.wires;
    byId("time").value = Math.round(t / end * 10000);
    byId("time").setAttribute("aria-valuetext", timeWords(t));
    byId("clock").textContent = `${timeWords(t)} of ${timeWords(end)} = ${plain(t / this.round, 4)} tau`;
    this.meta.axes.forEach((axis, k) => {
      byId("axis" + k).value = state.axis[k];
      byId("axis" + k).setAttribute("aria-valuetext", axis.words[state.axis[k]]);
      byId(`axis${k}-words`).textContent = axis.words[state.axis[k]];
    });
    if (this.meta.axes.length) byId("beside").value = state.beside === null ? "" : state.beside;
    if (document.activeElement !== byId("pick")) byId("pick").value = state.sel === null ? "" : this.machine.name(state.sel);
  }

  pick(name) {
    const m = this.machine;
    for (let i = 0; i < m.n; i++) if (m.name(i) === name) return this.choose(i);
    const number = Number(name);
    if (Number.isInteger(number) && number >= 0 && number < m.n && name !== "") return this.choose(number);
    this.say(`There is no p-bit called ${name}.`);
  }

  key(event) {
    const tag = event.target.tagName, isText = tag === "INPUT" && event.target.type !== "range" && event.target.type !== "checkbox";
    if (event.ctrlKey || event.metaKey || event.altKey || isText) return;
    const isRange = tag === "INPUT" && event.target.type === "range", s = this.state;
    if (event.key === " " && (tag === "BUTTON" || tag === "SELECT" || event.target.type === "checkbox")) return;
    if (/^(Arrow|Home|End)/.test(event.key) && (isRange || tag === "SELECT")) return;
    const speed = (by) => this.set({ speed: SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(s.speed) + by))] });
    const keys = {
      " ": () => this.play(!this.playing),
      ArrowRight: () => event.shiftKey ? this.set({ t: s.t + this.round }) : this.step(1),
      ArrowLeft: () => event.shiftKey ? this.set({ t: s.t - this.round }) : this.step(-1),
      Home: () => this.set({ t: 0 }), End: () => this.set({ t: this.end }),
      "[": () => this.meta.axes.length && this.setAxis(0, s.axis[0] - 1), "]": () => this.meta.axes.length && this.setAxis(0, s.axis[0] + 1),
      "{": () => this.meta.axes.length > 1 && this.setAxis(1, s.axis[1] - 1), "}": () => this.meta.axes.length > 1 && this.setAxis(1, s.axis[1] + 1),
      "+": () => speed(1), "=": () => speed(1), "-": () => speed(-1), n: () => this.jump(), w: () => this.set({ wires: !s.wires }), l: () => this.set({ loop: !s.loop }),
      a: () => this.set({ a: s.t }), b: () => this.set({ b: s.t }), ",": () => this.edge(-1), ".": () => this.edge(1),
      i: () => this.panels.waves.zoom(s.t, 2), o: () => this.panels.waves.zoom(s.t, 0.5),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  readTheme() {
    const dark = this.state.theme ? this.state.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    byId("theme").textContent = dark ? "Light" : "Dark";
    readPalette();
  }

  // Lay the page out on one sheet of paper, in light colours, and back.
  toPaper(isPaper) {
    this.playing = false;
    document.body.classList.toggle("sheet", isPaper);
    document.documentElement.style.fontSize = isPaper ? "11px" : "";
    document.body.style.zoom = "";
    this.readTheme();
    if (isPaper) {
      document.documentElement.dataset.theme = "light";
      readPalette();
    }
    this.drawAll();
    if (isPaper) document.body.style.zoom = Math.min(1, PAPER / document.body.offsetHeight);
  }

  // Every setting stands in the address, so that a link shows what its sender saw.
  toAddress() {
    const s = this.state, parts = { t: Math.round(s.t), speed: s.speed, wires: s.wires ? 1 : 0 };
    this.meta.axes.forEach((axis, k) => { parts[axis.key] = axis.words[s.axis[k]]; });
    if (s.beside !== null) parts.beside = s.beside;
    if (s.sel !== null) parts.pbit = s.sel;
    if (s.kept.length) parts.kept = s.kept.join(".");
    parts.zoom = s.zoom ? s.zoom.map(Math.round).join(":") : "all";
    if (s.a !== null) parts.a = Math.round(s.a);
    if (s.b !== null) parts.b = Math.round(s.b);
    if (s.loop) parts.loop = 1;
    if (s.until) parts.until = s.until;
    if (s.theme) parts.theme = s.theme;
    if (s.die.x !== null) parts.die = [s.die.f, s.die.x, s.die.y].map((v) => plain(v, 5)).join(":");
    const address = "#" + Object.entries(parts).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
    if (address === this.address) return;
    this.address = address;
    if (this.playing && this.writing) return; // a browser takes a few new addresses a second
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      this.writing = null;
      try { history.replaceState(null, "", this.address); } catch { /* a frame of a notebook has no address of its own */ }
    }, this.playing ? 400 : 30);
  }

  fromAddress() {
    const s = this.state, given = new Map(location.hash.slice(1).split("&").filter(Boolean).map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
    }));
    const number = (key, then) => { const v = Number(given.get(key)); if (given.has(key) && Number.isFinite(v)) then(v); };
    number("t", (v) => { s.t = v; });
    number("speed", (v) => { if (SPEEDS.includes(v)) s.speed = v; });
    number("wires", (v) => { s.wires = v === 1; });
    this.meta.axes.forEach((axis, k) => { const at = axis.words.indexOf(given.get(axis.key)); if (at >= 0) s.axis[k] = at; });
    number("beside", (v) => { if (this.all[v]) s.beside = v; });
    number("pbit", (v) => { if (v >= 0 && v < this.machine.n) s.sel = v; });
    if (given.has("kept")) s.kept = given.get("kept").split(".").map(Number).filter((i) => i >= 0 && i < this.machine.n);
    if (given.get("zoom") === "all") s.zoom = [0, this.end];
    else if (given.has("zoom")) { const z = given.get("zoom").split(":").map(Number); if (z.length === 2 && z[1] > z[0]) s.zoom = z; }
    number("a", (v) => { s.a = v; });
    number("b", (v) => { s.b = v; });
    s.loop = given.get("loop") === "1";
    if (["stale", "break", "best"].includes(given.get("until"))) s.until = given.get("until");
    if (["light", "dark"].includes(given.get("theme"))) s.theme = given.get("theme");
    if (given.has("die")) { const [f, x, y] = given.get("die").split(":").map(Number); if (f >= 1) s.die = { f, x, y }; }
  }
}

// The chosen p-bit: what it is, what it has heard, what it will do.
class PBitPanel {
  constructor(app) { this.app = app; }

  draw() {
    const app = this.app, view = app.view(0), i = app.state.sel, { pen, w, h } = sheet(byId("curve"));
    if (i === null || i >= view.machine.n || view.isFrames) {
      byId("pbit-words").textContent = view.isFrames ? "This page holds frames, and not each update." : "No p-bit is chosen.";
      byId("pbit-table").innerHTML = "";
      return;
    }
    const m = view.machine, t = app.state.t, beta = view.betaAt(t), input = view.input(i, t), own = view.stateAt(t, i);
    const e = view.current[i], x = beta * input, p = m.chance(i, x, own);
    byId("pbit-words").innerHTML = `<p><b>${safe(m.name(i))}</b> is <b class="${own > 0 ? "up" : "down"}">${m.binary ? (own + 1) / 2 : own > 0 ? "+1" : "-1"}</b>${m.chain ? `, p-bit ${m.place_in_chain[i] + 1} of ${m.chain_size[m.chain[i]]} in the chain of its variable` : ""}${m.part ? `, on chip ${m.part[i]}` : ""}.</p>
      <p>${e < 0 ? "It has not updated yet." : `Its last update was ${timeWords(t - view.time[e])} ago${view.stale[e] ? ', <b class="stale">a stale read</b>' : ""}.`}</p>
      <p>Input I = ${plain(input)}, beta = ${plain(beta)}, beta I = ${plain(x)}: an update now would give ${m.binary ? "1" : "+1"} with chance <b>${plain(p, 3)}</b>.</p>
      <p>Faults: ${this.faults(m, i)}.</p>`;
    this.curve(pen, w, h, m, i, x, own);
    this.table(view, m, i, t);
  }

  faults(m, i) {
    const d = m.device, found = [];
    if (d.stuck[i] !== 1) found.push(`stuck at ${d.stuck[i] > 1 ? "+1" : "-1"}`);
    if (d.held[i]) found.push("held at its value");
    if (d.gain[i] !== 1) found.push(`gain ${plain(d.gain[i])}`);
    if (d.offset[i] !== 0) found.push(`offset ${plain(d.offset[i])}`);
    if (d.step[i] > 0) found.push(`input in steps of ${plain(d.step[i])} from ${plain(d.low[i])} to ${plain(d.high[i])}`);
    else if (Math.abs(d.high[i]) < 1e100) found.push(`input limited to ${plain(d.low[i])} to ${plain(d.high[i])}`);
    if (d.white[i] > 0) found.push(`white noise ${plain(d.white[i])} (not in the curve)`);
    if (d.flicker[i] > 0) found.push(`1/f noise ${plain(d.flicker[i])} (not in the curve)`);
    if (d.synapse[i] > 0) found.push(`input filtered over ${timeWords(d.synapse[i])} (not in the input shown)`);
    return found.join("; ") || `none; it follows the law ${safe(d.laws[d.law[i]])}`;
  }

  curve(pen, w, h, m, i, x, own) {
    const box = { x: 44, y: 14, w: w - 56, h: h - 52 }, reach = Math.max(3, Math.min(12, Math.abs(x) * 1.2));
    const to = plot(pen, box, [-reach, reach], [0, 1], { x: "beta x input", y: `chance of ${m.binary ? "1" : "+1"}` });
    pen.strokeStyle = palette.accent;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let k = 0; k <= 240; k++) {
      const v = -reach + 2 * reach * k / 240, y = to.y(m.chance(i, v, own));
      if (k) pen.lineTo(to.x(v), y); else pen.moveTo(to.x(v), y);
    }
    pen.stroke();
    const at = Math.max(-reach, Math.min(reach, x));
    pen.strokeStyle = palette.stale;
    pen.lineWidth = 1;
    line(pen, to.x(at), box.y, to.x(at), box.y + box.h);
    dot(pen, to.x(at), to.y(m.chance(i, x, own)), 5, palette.stale);
  }

  table(view, m, i, t) {
    const rows = [], many = m.pointer[i + 1] - m.pointer[i], sign = (s) => m.binary ? (s + 1) / 2 : s > 0 ? "+1" : "-1";
    for (let k = m.pointer[i]; k < Math.min(m.pointer[i + 1], m.pointer[i] + 40); k++) {
      const j = m.indices[k], { value, way } = view.heard(k, t), now = view.stateAt(t, j);
      rows.push(`<tr><td>${safe(m.name(j))}</td><td>${plain(m.weight[k])}</td><td>${sign(now)}</td><td class="${value !== now ? "stale" : ""}">${sign(value)}</td><td>${way ? `<span class="stale">in ${timeWords(way.arrives - t, 3)}</span>` : ""}</td></tr>`);
    }
    byId("pbit-table").innerHTML = many ? `<div class="scroll" tabindex="0" role="region" aria-label="Neighbours"><table><thead><tr><th>neighbour</th><th>coupling J</th><th>is</th><th>seen as</th><th>new value arrives</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>${many > 40 ? `<p class="legend">40 of ${many} neighbours.</p>` : ""}` : "No neighbours.";
  }
}

function begin() {
  const meta = JSON.parse(byId("meta").textContent);
  if (typeof DecompressionStream === "undefined") {
    byId("lead").textContent = "This page needs a browser of 2023 or later.";
    return;
  }
  const app = new App(meta);
  const ready = app.start().then(() => { document.documentElement.dataset.ready = "all"; });
  ready.catch((error) => { byId("lead").textContent = `This page cannot be shown: ${error.message}`; throw error; });
  window.hwsim = { app, ready };
}

begin();
