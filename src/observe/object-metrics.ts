/** The state of every object as gauges, made from the cache at each scrape: an object that is gone leaves nothing behind. */
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Store } from "../runtime/types.ts";
import { OBJECT_GAUGES, type ObjectGauge, type Values } from "./object-gauges.ts";

export interface ObjectStores {
  readonly syncs: Pick<Store<O365Sync>, "list">;
  readonly domains: Pick<Store<MailDomain>, "list">;
}

/** An object's lines of all gauges, one after the other. */
interface Lines {
  readonly text: Buffer;
  /** Where those of each gauge end. */
  readonly ends: readonly number[];
}

/**
 * In Prometheus' text format. Written by hand: a metrics library keeps every series it has seen, and takes a second for
 * thousands. Lines say nothing that time alone changes: they are kept until their object is another one, and the whole until
 * any is; or every second scrape of a thousand objects has all memory searched for garbage. Nobody may write to the answer.
 */
export function createObjectMetrics({ syncs, domains }: ObjectStores): () => Steps<Buffer> {
  const kept = new WeakMap<O365Sync | MailDomain, Lines>();
  const linesOf = (object: O365Sync | MailDomain, render: () => Lines): Lines => {
    const known = kept.get(object) ?? render();
    kept.set(object, known);
    return known;
  };
  let last: { readonly all: readonly Lines[]; readonly text: Buffer } = { all: [], text: assemble([]) };
  return function* () {
    const all: Lines[] = [];
    for (const object of syncs.list()) {
      all.push(linesOf(object, () => render(object, ({ sync }) => sync?.(object))));
      if (isPauseDue()) yield;
    }
    for (const object of domains.list()) {
      all.push(linesOf(object, () => render(object, ({ domain }) => domain?.(object))));
      if (isPauseDue()) yield;
    }
    const isSame = all.length === last.all.length && all.every((lines, index) => lines === last.all[index]);
    if (!isSame) last = { all, text: assemble(all) };
    return last.text;
  };
}

const HEADS = OBJECT_GAUGES.map(({ name, help }) => Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`));

/** All lines of a gauge stand together. */
function assemble(all: readonly Lines[]): Buffer {
  const size = [...HEADS, ...all.map(({ text }) => text)].reduce((sum, { length }) => sum + length, 0);
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [gauge, head] of HEADS.entries()) {
    at += head.copy(whole, at);
    for (const { text, ends } of all) at += text.copy(whole, at, ends[gauge - 1] ?? 0, ends[gauge]);
  }
  return whole;
}

function render(
  { metadata: { namespace = "", name } }: O365Sync | MailDomain,
  valuesOf: (gauge: ObjectGauge) => Values | undefined,
): Lines {
  // Namespace and name are DNS names: nothing in them needs escaping.
  const identity = `namespace="${namespace}",name="${name}"`;
  const texts = OBJECT_GAUGES.map((gauge) =>
    (valuesOf(gauge) ?? [])
      .map(([value, labels]) => `${gauge.name}{${identity}${labels === undefined ? "" : `,${labels}`}} ${value}\n`)
      .join(""),
  );
  let end = 0;
  const ends = texts.map((text) => {
    end += Buffer.byteLength(text);
    return end;
  });
  return { text: Buffer.from(texts.join("")), ends };
}
