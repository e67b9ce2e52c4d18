// Whether the process keeps growing: the slope of its size over the second half of the calls.

/** Bytes per call. A lost data set or population of these scenarios is 1 to 3 kB; 100 000 calls would show a tenth of one. */
const allowedPerCall = 300;
/** Below as many calls the heap of V8 still settles, and a slope says nothing. */
const fewestCalls = 10_000;
/** Sizes are noted so often in the second half. Their means over blocks depend little on one another, as single ones do. */
const [blocks, perBlock] = [10, 10];
/** Student's t with blocks - 2 degrees of freedom, 97.5 %. */
const quantile = 2.306;

export function memoryWatch(count) {
  const every = Math.max(1, Math.floor(count / (2 * blocks * perBlock)));
  const sizes = [];
  return {
    after(calls) {
      if (calls % every !== 0) return;
      globalThis.gc?.();
      sizes.push({ calls, bytes: process.memoryUsage.rss() });
    },
    growth() {
      const last = `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`;
      // a sanitizer keeps what was freed for a while
      const measurable = count >= fewestCalls && globalThis.gc !== undefined && !process.env.ASAN_OPTIONS;
      if (!measurable) return { leaks: false, said: last };
      const { slope, margin } = slopeOf(blockMeans(sizes.slice(-blocks * perBlock)));
      const leaks = slope > allowedPerCall && slope - margin > 0;
      const interval = `${(slope - margin).toFixed(0)} to ${(slope + margin).toFixed(0)}`;
      const said = `${last}, ${slope.toFixed(0)} kB per 1 000 calls (95 % interval ${interval})`;
      return { leaks, said: `${said}${leaks ? ': it leaks' : ''}` };
    },
  };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function blockMeans(points) {
  return Array.from({ length: Math.floor(points.length / perBlock) }, (_, block) => {
    const some = points.slice(block * perBlock, (block + 1) * perBlock);
    return { x: mean(some.map(({ calls }) => calls)), y: mean(some.map(({ bytes }) => bytes)) };
  });
}

/** Least squares: bytes per call, and half the 95 % interval. */
function slopeOf(points) {
  const [x, y] = [mean(points.map((one) => one.x)), mean(points.map((one) => one.y))];
  const sum = (term) => points.reduce((total, one) => total + term(one), 0);
  const spread = sum((one) => (one.x - x) ** 2);
  const slope = sum((one) => (one.x - x) * (one.y - y)) / spread;
  const left = sum((one) => (one.y - y - slope * (one.x - x)) ** 2);
  return { slope, margin: quantile * Math.sqrt(left / (points.length - 2) / spread) };
}
