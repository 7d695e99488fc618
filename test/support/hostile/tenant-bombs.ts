/** What a tenant, or whoever answers in its place, may send that becomes large or takes long. */
import { gzipSync } from "node:zlib";
import type { Effect } from "../../../dev/tenant/faults.ts";
import type { World } from "../world.ts";

export interface TenantBomb {
  readonly name: string;
  /** Of the O365Sync meanwhile. */
  readonly spec?: object;
  /** It is the deadline that ends it. */
  readonly isEndless?: boolean;
  /** Makes the tenant such; answers what puts it right again. */
  arrange(world: World): (() => void) | Promise<() => void>;
}

const MIB = 1024 * 1024;
const page = (body: string | (() => string), zipped = false): Effect => ({
  kind: "answer",
  status: 200,
  headers: { "Content-Type": "application/json", ...(zipped ? { "Content-Encoding": "gzip" } : {}) },
  body: zipped && typeof body === "string" ? gzipSync(body) : body,
});
const addresses = (owner: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${owner}.${index}@example.com`);

/** In place of whoever is there. */
function people(
  { tenant: { company } }: World,
  count: number,
  of: (index: number) => readonly [string, string[]],
): () => void {
  company.users.clear();
  for (let index = 0; index < count; index++) company.hire(...of(index));
  return () => company.users.clear();
}

const onUsers =
  (effect: (world: World) => Effect): TenantBomb["arrange"] =>
  (world) =>
    world.tenant.fault({ on: "users", effect: effect(world) });

/** Pages without end, or so many of them. */
const chain = (
  value: (page: number) => unknown[],
  pages = Number.POSITIVE_INFINITY,
  tail = "",
): TenantBomb["arrange"] =>
  onUsers(({ tenant }) => {
    let next = 0;
    return page(() => {
      const entries = value(next++);
      const link = { "@odata.nextLink": `${tenant.graph}/v1.0/users?$skiptoken=${next}${tail}` };
      return JSON.stringify({ value: entries, ...(next % pages === 0 ? {} : link) });
    });
  });

const shared = addresses("s", 10_000).map((address) => `smtp:${address}`);
const long = Array.from({ length: 300 }, () => `smtp:${"x".repeat(4000)}@example.com`);

export const TENANT_BOMBS: readonly TenantBomb[] = [
  {
    name: "500 hostile patterns, and 1,000 objects of 21 addresses (1)",
    spec: { excludeRecords: Array.from({ length: 500 }, (_, index) => `*${"[!~]".repeat(78)}~${index}`) },
    arrange: (world) => people(world, 1000, (index) => [`u${index}@example.com`, addresses(`u${index}`, 20)]),
  },
  {
    name: "one address on 100,000 objects (4)",
    arrange: (world) => people(world, 100_000, () => ["info@example.com", []]),
  },
  {
    name: "120 objects that share 10,000 addresses (4)",
    arrange: chain(
      (at) => Array.from({ length: 40 }, (_, index) => ({ id: `u${at}.${index}`, mail: null, proxyAddresses: shared })),
      3,
    ),
  },
  {
    name: "1,000 objects of 400 addresses (4)",
    arrange: (world) => people(world, 1000, (index) => [`u${index}@example.com`, addresses(`u${index}`, 399)]),
  },
  {
    name: "a page of 60 KiB that becomes 60 MiB of lists (4)",
    arrange: onUsers(() => page(`{"value":[${"[],".repeat(20 * MIB)}[]]}`, true)),
  },
  {
    name: "a page as large as it may be, of lists (4)",
    arrange: onUsers(() => page(`{"value":[${"[],".repeat(7 * MIB)}[]]}`, true)),
  },
  {
    name: "a page as large as it may be, nested as deep as nothing is (4)",
    arrange: onUsers(() => page(`{"value":${"[".repeat(11 * MIB)}${"]".repeat(11 * MIB)}}`, true)),
  },
  {
    name: "an answer of Entra that is a mebibyte of lists",
    arrange(world) {
      world.tenant.expireTokens();
      return world.tenant.fault({ on: "token", effect: page(`{"x":[${"[],".repeat(340_000)}[]]}`, true) });
    },
  },
  {
    name: "objects of hundreds of addresses of thousands of characters each",
    arrange: chain(
      (at) => Array.from({ length: 18 }, (_, id) => ({ id: `u${at}.${id}`, mail: null, proxyAddresses: long })),
      5,
    ),
  },
  {
    name: "one object of two million addresses (4)",
    arrange: onUsers(() => {
      const some = Array.from({ length: 300 }, (_, index) => `a${index}@x.com`).join(" ");
      const proxyAddresses = Array.from({ length: 7000 }, (_, index) => `smtp:${index}${some}`);
      return page(JSON.stringify({ value: [{ id: "u0", mail: null, proxyAddresses }] }), true);
    }),
  },
  { name: "links to a next page without end", isEndless: true, arrange: chain(() => []) },
  {
    name: "long links to a next page without end",
    isEndless: true,
    arrange: chain(() => [], undefined, `&x=${"x".repeat(12 * 1024)}`),
  },
  {
    name: "large answers about each of those that are gone",
    async arrange(world) {
      const clear = people(world, 6000, (index) => [`u${index}@example.com`, []]);
      await world.annotate("sync", "large");
      await world.until(
        () => world.sync(),
        ({ status }) => status?.handledSync === "large",
        60_000,
      );
      const { company, showing } = world.tenant;
      const proxyAddresses = Array.from({ length: 1800 }, (_, index) => `smtp:a${index}@elsewhere.example`);
      const moved = [...company.users.values()].slice(0, 2900);
      for (const { id } of moved) company.users.delete(id);
      const elsewhere = moved.map((user) => ({ ...user, mail: null, proxyAddresses }));
      showing.views.ids = (collection) => (collection === "users" ? elsewhere : []);
      return () => {
        delete showing.views.ids;
        clear();
      };
    },
  },
];
