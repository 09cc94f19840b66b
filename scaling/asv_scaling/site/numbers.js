// What is derived from a run's points, as asv_scaling/scaling.py derives it. A point is
// {strategy, workers, time, low, high, missing}: seconds and their 99 % confidence interval.

export function points(rows) {
  return rows.map(([strategy, workers, time, low, high]) =>
    typeof time === "number"
      ? {strategy, workers, time, low: low ?? null, high: high ?? null, missing: ""}
      : {strategy, workers, time: null, low: null, high: null, missing: time});
}

// How many times as long `above` took, its interval by variance estimates recovery on logarithms.
export function ratio(above, below) {
  if (above === below) return {value: 1, low: null, high: null};
  const value = above.time / below.time;
  if ([above.low, above.high, below.low, below.high].includes(null)) return {value, low: null, high: null};
  const down = Math.hypot(Math.log(above.time / above.low), Math.log(below.high / below.time));
  const up = Math.hypot(Math.log(above.high / above.time), Math.log(below.time / below.low));
  return {value, low: value * Math.exp(-down), high: value * Math.exp(up)};
}

export function best(some) {
  return some.filter(point => point.time !== null)
    .reduce((first, point) => (first === null || point.time < first.time ? point : first), null);
}

// What a speedup is over: serial, or where a suite has no strategies the fewest workers.
export function baseline(some, serial) {
  const wanted = some.filter(point => point.strategy === serial || point.strategy === "");
  const least = wanted.reduce((first, point) => (first === null || point.workers < first.workers ? point : first), null);
  return least !== null && least.time !== null ? least : null;
}

export function toldApart(fast, slow) {
  return fast.high !== null && slow.low !== null && fast.high < slow.low;
}

// The rows that a graph is drawn from and that its CSV holds: a panel is what is drawn apart.
export function scalingRows(some, serial, cpus, panel) {
  const base = baseline(some, serial);
  return some.map(point => {
    const over = base && point.time !== null ? ratio(base, point) : {value: null, low: null, high: null};
    return {panel, strategy: point.strategy || "all", workers: point.workers, cpus,
      time: point.time, time_low: point.low, time_high: point.high, serial_time: base && base.time,
      speedup: over.value, speedup_low: over.low, speedup_high: over.high, missing: point.missing};
  });
}

// Time per Python relative to the oldest, for each strategy, at the most workers up to `workers` that
// were measured there (serial has one); byPython is [[python, points], ...], the oldest first.
export function pythonRows(byPython, strategies, workers) {
  const rows = [];
  for (const strategy of strategies) {
    const timed = some => some.filter(point => point.strategy === strategy && point.time !== null && point.workers <= workers);
    const oldest = byPython.map(([, some]) => timed(some)).find(found => found.length);
    if (!oldest) continue;
    const first = oldest.reduce((most, point) => (point.workers > most.workers ? point : most));
    for (const [place, [python, some]] of byPython.entries()) {
      const point = timed(some).find(other => other.workers === first.workers);
      if (!point) continue;
      const relative = ratio(point, first);
      rows.push({panel: "", python, place, strategy: strategy || "all", workers: point.workers, time: point.time,
        relative: relative.value, relative_low: relative.low, relative_high: relative.high});
    }
  }
  return rows;
}
