/**
 * `npm run bench:medians -- STATE FILE…` puts the medians of several runs into bench/results.json, which the pictures of
 * docs/performance.md are made of (`npm run format` and `npm run generate` follow): each FILE is what `--json` of the bench wrote. STATE `growth`
 * takes those of bench:scale, `sizes` those of one run of all sizes, which are no medians.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Computing, Growth, Results, Sized, Sizes } from "./results.ts";
import type { Grown, ScaleCase } from "./scale.ts";
import type { SizeResult } from "./sizes.ts";
import type { Machine } from "./table.ts";

const RESULTS = new URL("results.json", import.meta.url);

const [state, ...files] = process.argv.slice(2);
if (state === undefined || files.length === 0) {
  console.error("usage: npm run bench:medians -- STATE FILE…");
  process.exit(2);
}
const read = (file: string | URL): unknown => JSON.parse(readFileSync(file, "utf8"));
const before = read(RESULTS) as Results;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const short = (value: number): number => Number(value.toPrecision(3));

function computingOf(name: string): Computing[] {
  const all = files.flatMap((file) => (read(file) as { sizes: SizeResult[] }).sizes);
  const runs = all.flatMap((size) => size.syncs.map((cost) => ({ key: `${size.name} ${cost.sync}`, size, cost })));
  const firsts = runs.filter(({ key }, index) => runs.findIndex((other) => other.key === key) === index);
  return firsts.map((first) => {
    const each = runs.filter(({ key }) => key === first.key);
    const of = (value: (run: typeof first) => number): number => short(median(each.map(value)));
    return {
      state: name,
      users: first.size.users,
      latencyMs: first.size.latencyMs,
      sync: first.cost.sync,
      runs: each.length,
      cpuSeconds: of(({ cost }) => cost.work.cpuMs / 1000),
      byNaive: of(({ size, cost }) => cost.work.cpuMs / size.naive.work.cpuMs),
      seconds: of(({ cost }) => cost.ms / 1000),
      peakMiB: of(({ cost }) => cost.peakMiB),
    };
  });
}

const growthOf = (): Growth[] =>
  files
    .flatMap((file) => read(file) as (ScaleCase & Grown)[])
    .map(({ name, tenants, domainsPerTenant, operators, publishedMs, cpuMs, readyMs, residentMiB, cpuPercent }) => ({
      name,
      tenants,
      objects: tenants * domainsPerTenant,
      operators,
      publishedSeconds: short(publishedMs / 1000),
      cpuSeconds: cpuMs.map((ms) => short(ms / 1000)),
      readySeconds: short(readyMs / 1000),
      residentMiB: residentMiB.map(short),
      idlePercent: cpuPercent.map(short),
    }));

const MIB = 1024 * 1024;

function sizesOf(): Sizes {
  const all = files.map((file) => read(file) as { machine: Machine; sizes: SizeResult[] });
  const [{ machine } = { machine: undefined }] = all;
  if (machine === undefined) throw new Error("there is no file");
  const rows = all.flatMap(({ sizes }) =>
    sizes.flatMap((size) =>
      size.syncs.map(
        ({ sync, requests, minimum, writes, changed, bytes, ms, peakMiB, p99Ms, maxMs }): Sized => ({
          users: size.users,
          latencyMs: size.latencyMs,
          formats: size.formats,
          addresses: size.addresses,
          sync,
          requests,
          minimum,
          naiveRequests: size.naive.requests,
          naiveSeconds: short(size.naive.ms / 1000),
          readMiB: short(bytes / MIB),
          seconds: short(ms / 1000),
          peakMiB: short(peakMiB),
          p99Ms: short(p99Ms),
          maxMs: short(maxMs),
          writes,
          changed,
          largestKiB: short(size.largestKiB),
        }),
      ),
    ),
  );
  const { node, cpu, cores } = machine;
  return { date: new Date().toISOString().slice(0, 10), node, cpu, cores, rows };
}

const computing = () => [...before.computing.filter((each) => each.state !== state), ...computingOf(state)];
const changed = (): Partial<Results> => {
  if (state === "growth") return { growth: growthOf() };
  return state === "sizes" ? { sizes: sizesOf() } : { computing: computing() };
};
writeFileSync(RESULTS, `${JSON.stringify({ ...before, ...changed() }, null, 2)}\n`);
