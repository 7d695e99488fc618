// Loaded into the operator's process with --require (--import would have the bundle parsed as a module, which takes
// 0.3 s): measures its event loop and answers what it is asked over the channel.
const { monitorEventLoopDelay } = require("node:perf_hooks");

// Often enough to see a pause of 50 ms, seldom enough to cost nothing.
const RESOLUTION_MS = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let cpu = process.cpuUsage();
let since = performance.now();

process.on("message", ({ idle }) => {
  const used = process.cpuUsage(cpu);
  const ms = performance.now() - since;
  process.send({
    p99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    maxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    cpuMs: (used.user + used.system) / 1000,
    ms,
  });
  delay.reset();
  // Its own timers would be most of what an idle process does.
  if (idle) delay.disable();
  cpu = process.cpuUsage();
  since = performance.now();
});
process.channel?.unref();
