/** Collections of Graph cut into pages, for tests of whole reads. */
import type { Source } from "../../../../src/recipients/model.ts";
import { graphError, type Handler, type Reply, type Seen } from "./server.ts";

/** An object as Graph lists it. */
export type Entry = Readonly<Record<string, unknown>>;

export const person = (n: number): Entry => ({
  id: `user-${n}`,
  mail: `u${n}@example.com`,
  proxyAddresses: [`SMTP:u${n}@example.com`, `smtp:alias${n}@example.com`],
});
export const list = (n: number): Entry => ({
  id: `group-${n}`,
  mail: `g${n}@example.com`,
  mailEnabled: true,
  proxyAddresses: [`SMTP:g${n}@example.com`],
});
export const contact = (n: number): Entry => ({ id: `contact-${n}`, mail: `c${n}@example.net`, proxyAddresses: [] });

export const many = (count: number, make: (n: number) => Entry): Entry[] =>
  Array.from({ length: count }, (_, n) => make(n));

export interface Collections {
  readonly users?: readonly Entry[];
  readonly groups?: readonly Entry[];
  readonly contacts?: readonly Entry[];
}

/** The collection that a request asks for. */
export function sourceOf({ path }: Seen): Source | undefined {
  const [, source] = /^\/v1\.0\/(users|groups|contacts)\?/.exec(path) ?? [];
  return source as Source | undefined;
}

export const parameter = ({ path }: Seen, name: string): string | null =>
  new URL(path, "https://localhost").searchParams.get(name);

/** Serves the collections in pages of `$top`; links carry every parameter and a $skiptoken. */
export function serve(origin: () => string, collections: Collections): Handler {
  return (request) => {
    const source = sourceOf(request);
    if (source === undefined) return graphError(404, "Request_ResourceNotFound");
    return pageOf(origin(), request, collections[source] ?? []);
  };
}

function pageOf(origin: string, request: Seen, entries: readonly Entry[]): Reply {
  const top = Number(parameter(request, "$top"));
  const from = Number(parameter(request, "$skiptoken") ?? 0);
  const next = new URL(request.path, origin);
  next.searchParams.set("$skiptoken", String(from + top));
  const link = from + top < entries.length ? { "@odata.nextLink": next.href } : {};
  return { json: { value: entries.slice(from, from + top), ...link } };
}
