// Arrays of the page: base64 of gzip of byte planes, in text elements (hwsim/report/view/codec.py writes them).
function bytesOf(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const decoded = new Map();

// One promise for each text element: views that share an array unpack it once.
function unpacked(number) {
  if (!decoded.has(number)) decoded.set(number, gunzip(bytesOf(document.getElementById("a" + number).textContent)));
  return decoded.get(number);
}

// The array of a reference: Float64Array, or Uint8Array of 0 and 1 for bits.
async function array(reference) {
  if (reference === null || reference === undefined) return null;
  const n = reference.n;
  if ("v" in reference) return new Float64Array(n).fill(reference.v);
  const data = await unpacked(reference.a);
  if (reference.t === "bits") {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) out[i] = (data[i >> 3] >> (i & 7)) & 1;
    return out;
  }
  const out = new Float64Array(n);
  if (reference.t === "f") {
    const width = reference.b, mixed = new Uint8Array(n * width);
    for (let k = 0; k < width; k++) for (let i = 0; i < n; i++) mixed[i * width + k] = data[k * n + i];
    const view = new DataView(mixed.buffer);
    for (let i = 0; i < n; i++) out[i] = width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
    return out;
  }
  let weight = 1;
  for (let k = 0; k < reference.b; k++, weight *= 256) for (let i = 0; i < n; i++) out[i] += data[k * n + i] * weight;
  if (reference.d) for (let i = 1; i < n; i++) out[i] += out[i - 1];
  return out;
}
