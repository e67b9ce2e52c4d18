// Whether the process keeps growing: the slope of its size over the second half of the calls.

/** Bytes a call. A lost data set or population of these scenarios is 1 to 3 kB; 100 000 calls would show a tenth of one. */
const allowedPerCall = 300;
/** Below as many calls the heap of V8 still settles, and a slope says nothing. */
const fewestCalls = 10_000;

export function memoryWatch(count) {
  const every = Math.max(1, Math.floor(count / 20));
  const sizes = [];
  return {
    after(calls) {
      if (calls % every !== 0) return;
      globalThis.gc?.();
      sizes.push({ calls, bytes: process.memoryUsage.rss() });
    },
    growth() {
      const half = sizes.slice(Math.floor(sizes.length / 2));
      const perCall = slope(half);
      // a sanitizer keeps what was freed for a while
      const measurable = count >= fewestCalls && globalThis.gc !== undefined && !process.env.ASAN_OPTIONS;
      const leaks = measurable && perCall > allowedPerCall;
      const last = Math.round((sizes.at(-1)?.bytes ?? 0) / 2 ** 20);
      return { leaks, said: `${last} MiB, ${perCall.toFixed(0)} bytes a call${leaks ? ': it leaks' : ''}` };
    },
  };
}

/** Least squares. */
function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(({ calls }) => calls));
  const y = mean(points.map(({ bytes }) => bytes));
  const above = points.reduce((sum, { calls, bytes }) => sum + (calls - x) * (bytes - y), 0);
  const below = points.reduce((sum, { calls }) => sum + (calls - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
