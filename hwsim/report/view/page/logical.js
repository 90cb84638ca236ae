// The problem's own graph beside the chip, where chains carry its variables: each is the vote of its p-bits.
class Logical {
  constructor(app) {
    this.app = app;
    this.root = document.createElement("div");
    this.root.innerHTML = `<canvas id="logical" tabindex="0" role="img" aria-label="Graph of the problem: variables coloured by the vote of their chains"></canvas>
      <div class="die-words"></div>`;
    byId("dies").append(this.root);
    this.canvas = this.root.querySelector("canvas");
    this.words = this.root.querySelector(".die-words");
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.choose(event.clientX - box.left, event.clientY - box.top);
    });
  }

  choose(px, py) {
    const m = this.app.machine;
    let best = -1, least = 25 * 25;
    this.at.forEach(([x, y], v) => {
      const far = (x - px) ** 2 + (y - py) ** 2;
      if (far < least) { least = far; best = v; }
    });
    if (best >= 0) this.app.choose(m.chain.indexOf(best));
  }

  draw() {
    const view = this.app.view(0), m = view.machine, { pen, w, h } = sheet(this.canvas), { x, y } = m.spots.logical;
    const values = view.variables(), n = m.variables, { pointer, indices, weight } = m.energy, margin = 22;
    const low = [Math.min(...x), Math.min(...y)], size = [Math.max(...x) - low[0] || 1, Math.max(...y) - low[1] || 1];
    const scale = Math.min((w - 2 * margin) / size[0], (h - 2 * margin) / size[1]);
    const off = [(w - size[0] * scale) / 2, (h - size[1] * scale) / 2];
    this.at = Array.from({ length: n }, (_, v) => [off[0] + (x[v] - low[0]) * scale, off[1] + (y[v] - low[1]) * scale]);
    pen.strokeStyle = palette.wire;
    pen.globalAlpha = Math.max(0.15, Math.min(0.7, 300 / indices.length));
    for (const positive of [false, true]) {
      pen.setLineDash(positive ? [4, 3] : []);
      pen.beginPath();
      for (let v = 0; v < n; v++) for (let k = pointer[v]; k < pointer[v + 1]; k++) {
        if (indices[k] < v || (weight[k] > 0) !== positive) continue;
        pen.moveTo(...this.at[v]);
        pen.lineTo(...this.at[indices[k]]);
      }
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    const r = Math.max(2.5, Math.min(13, 0.3 * Math.sqrt(w * h / n))), chosen = this.app.state.sel === null ? -1 : m.chain[this.app.state.sel];
    const up = view.up;
    let broken = 0;
    pen.textAlign = "center";
    for (let v = 0; v < n; v++) {
      const [px, py] = this.at[v], isBroken = up[v] > 0 && up[v] < m.chain_size[v];
      dot(pen, px, py, r, values[v] > 0 ? palette.up : palette.down);
      broken += isBroken;
      if (isBroken || v === chosen) {
        pen.strokeStyle = isBroken ? palette.stale : palette.text;
        pen.lineWidth = 3;
        pen.beginPath();
        pen.arc(px, py, r + 3, 0, 7);
        pen.stroke();
      }
      if (r > 9 && m.names) text(pen, m.names[v].slice(0, 4), px, py + 4, values[v] > 0 && document.documentElement.dataset.theme !== "dark" ? "#fff" : "#14171b", "center");
    }
    this.words.innerHTML = `The problem: ${n} variables, each the vote of its chain of up to ${Math.max(...m.chain_size)} p-bits; <b class="stale">${broken} broken now</b> (red ring).`;
  }
}
