// Microscope: error and success against the setting, with the design rule; and the settings' sliders.
class Scope {
  constructor(app) {
    this.app = app;
    this.canvas = byId("scope");
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect();
      if (!this.xs) return;
      const px = event.clientX - box.left;
      let best = 0;
      this.xs.forEach((x, k) => { if (Math.abs(x - px) < Math.abs(this.xs[best] - px)) best = k; });
      app.setAxis(0, best);
    });
  }

  draw() {
    const app = this.app, axis = app.meta.axes[0], curves = app.meta.curves;
    if (!axis || !curves.length) return;
    const { pen, w, h } = sheet(this.canvas), gap = 40, high = (h - 40 - gap * (curves.length - 1) - 12) / curves.length;
    const numbers = axis.numbers || axis.words.map((_, k) => k), xs = [Math.min(...numbers), Math.max(...numbers)];
    curves.forEach((curve, number) => this.curve(pen, { x: 46, y: 14 + number * (high + gap), w: w - 58, h: high }, curve, numbers, xs, number === curves.length - 1));
    byId("scope-words").innerHTML = this.words();
  }

  // The points of a curve along the first axis, at value `series` of the second.
  line(curve, series) {
    const [axis, second] = this.app.meta.axes;
    return axis.words.map((word) => curve.points.find((p) => p.words[axis.key] === word && (!second || p.words[second.key] === series)) || null);
  }

  curve(pen, box, curve, numbers, xs, isLast) {
    const app = this.app, [axis, second] = app.meta.axes, all = curve.points.flatMap((p) => [p.value, ...(p.ci || [])]).filter((v) => v !== null && Number.isFinite(v));
    const ys = [Math.min(0, ...all), Math.max(...all, curve.limit || 0) * 1.05 || 1];
    const unit = axis.unit ? ` (${axis.unit})` : "", name = app.axisName(axis);
    const { x, y } = plot(pen, box, xs, ys, { x: isLast ? name + unit : "", y: curve.words });
    this.xs = numbers.map(x);
    pen.save();
    pen.beginPath();
    pen.rect(box.x, box.y, box.w, box.h);
    pen.clip();
    if (curve.pair.length) this.path(pen, curve.pair.map(([a, b]) => [x(a), y(b)]), palette.soft, [2, 3]);
    for (const word of second ? second.words : [null]) {
      const chosen = !second || word === second.words[app.state.axis[1]], points = this.line(curve, word), colour = chosen ? palette.accent : palette.line;
      pen.globalAlpha = chosen ? 1 : 0.8;
      this.path(pen, points.map((p, k) => p && p.value !== null ? [x(numbers[k]), y(p.value)] : null).filter(Boolean), colour, []);
      if (chosen) points.forEach((p, k) => {
        if (!p || p.value === null) return;
        pen.strokeStyle = colour;
        if (p.ci && p.ci[0] !== null && p.ci[1] !== null) line(pen, x(numbers[k]), y(p.ci[0]), x(numbers[k]), y(p.ci[1]));
        dot(pen, x(numbers[k]), y(p.value), 2.4, colour);
      });
    }
    pen.globalAlpha = 1;
    if (curve.limit !== null) {
      pen.strokeStyle = palette.good;
      pen.setLineDash([6, 4]);
      line(pen, box.x, y(curve.limit), box.x + box.w, y(curve.limit));
      pen.setLineDash([]);
      const rule = this.rule(curve);
      if (rule && rule.value !== null && rule.value !== undefined) {
        pen.strokeStyle = palette.good;
        pen.lineWidth = 2;
        line(pen, x(rule.value), box.y, x(rule.value), box.y + box.h);
        text(pen, "design rule", x(rule.value) + 4, box.y + 11, palette.good);
      }
    }
    app.views().forEach((view, number) => {
      const k = axis.words.indexOf(view.facts.words[axis.key]), point = this.line(curve, second ? view.facts.words[second.key] : null)[k];
      pen.strokeStyle = palette.stale;
      pen.lineWidth = number ? 1 : 1.6;
      line(pen, x(numbers[k]), box.y, x(numbers[k]), box.y + box.h);
      if (point && point.value !== null) dot(pen, x(numbers[k]), y(point.value), 5, palette.stale);
    });
    pen.restore();
  }

  path(pen, points, colour, dash) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    pen.setLineDash(dash);
    pen.beginPath();
    points.forEach(([px, py], k) => k ? pen.lineTo(px, py) : pen.moveTo(px, py));
    pen.stroke();
    pen.setLineDash([]);
  }

  rule(curve) {
    const second = this.app.meta.axes[1], series = second ? second.words[this.app.state.axis[1]] : null;
    return curve.rules.find((rule) => rule.series === series);
  }

  // Whether the machine does what it should, where a limit says so.
  verdict(curve, value) {
    if (curve.limit === null) return "";
    const fails = curve.least ? value < curve.limit : value > curve.limit, limit = `the limit of ${plain(curve.limit)}`;
    return fails ? `, <b class="stale">${curve.least ? "less" : "more"} than ${limit}: here the machine fails</b>` : `, within ${limit}: here the machine holds`;
  }

  words() {
    const app = this.app, [axis, second] = app.meta.axes, unit = axis.unit ? " " + axis.unit : "", view = app.view(0);
    const parts = [];
    for (const curve of app.meta.curves) {
      const point = this.line(curve, second ? view.facts.words[second.key] : null)[axis.words.indexOf(view.facts.words[axis.key])];
      if (point && point.value !== null) parts.push(`${safe(curve.words)} here: <b>${plain(point.value, 3)}</b>${this.verdict(curve, point.value)}`);
      const rule = this.rule(curve);
      if (rule) parts.push(`<b class="rule">Design rule</b>: the machine holds ${{ all: "everywhere", none: "nowhere", several: "in more than one range" }[rule.side]
        || `${rule.side === "largest" ? "up to" : "from"} ${safe(app.axisName(axis))} <b>${plain(rule.value, 3)}${unit}</b>`} (green line)`);
    }
    if (app.meta.curves.some((curve) => curve.pair.length)) parts.push("dotted: the exact law of two coupled p-bits");
    if (app.meta.curves.some((curve) => curve.limit !== null)) parts.push("dashed: the limit");
    return parts.map((part) => part[0] === "<" ? part : part[0].toUpperCase() + part.slice(1)).join(". ") + ".";
  }
}
