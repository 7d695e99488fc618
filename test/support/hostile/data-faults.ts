/** Faults of Graph's pages and objects: well-formed answers that do not say what is there, and a directory that changes. */
import type { Tenant } from "../../../dev/tenant/index.ts";
import { all, always, edit, type TenantFault } from "./tenant-fault.ts";

const failed = (reason: string) => ({ failed: reason }) as const;
const NEXT = "@odata.nextLink";

type Entry = Record<string, unknown>;
const entriesOf = (body: Entry): Entry[] => body["value"] as Entry[];

/** Changes each entry of every page. */
const each = (change: (entry: Entry) => unknown) => edit((body) => ({ ...body, value: entriesOf(body).map(change) }));

const linkTo =
  (link: (own: string) => unknown): TenantFault["arrange"] =>
  (tenant) =>
    tenant.fault({
      on: "users",
      effect: edit((body) => ({ ...body, [NEXT]: link((body[NEXT] as string | undefined) ?? tenant.graph) })),
    });

/** Takes objects out of the company, and puts them back. */
function leave(collection: "users" | "groups", which: (index: number) => boolean): TenantFault["arrange"] {
  return ({ company }: Tenant) => {
    const before = [...company[collection].entries()];
    before.filter((_, index) => which(index)).forEach(([id]) => void company[collection].delete(id));
    return () => {
      company[collection].clear();
      for (const [id, entry] of before) (company[collection] as Map<string, unknown>).set(id, entry);
    };
  };
}

const HOSTILE_PROXIES = [
  "smtp:nul\u0000@example.com",
  "smtp:line\nbreak@example.com OK\nevil@example.com",
  "smtp:__proto__@example.com",
  "smtp:constructor@example.com",
  "smtp:\u202egnp.exe@example.com",
  "smtp:tab\there@example.com",
  `smtp:${"x".repeat(100_000)}@example.com`,
  "SMTP",
  "",
];

export const DATA_FAULTS: readonly TenantFault[] = [
  {
    name: "page: without value",
    arrange: always(
      "users",
      edit(({ value: _, ...rest }) => rest),
      { from: 2 },
    ),
    outcome: failed("MalformedAnswer"),
    says: ["listing users", "a page has no list of entries"],
  },
  {
    name: "page: value of a wrong type",
    arrange: always(
      "groups",
      edit((body) => ({ ...body, value: {} })),
    ),
    outcome: failed("MalformedAnswer"),
    says: ["listing groups", "a page has no list of entries"],
  },
  {
    name: "page: an entry that is no object",
    arrange: always(
      "contacts",
      each(() => "somebody"),
    ),
    outcome: failed("MalformedAnswer"),
    says: ["an object has no id"],
  },
  {
    name: "page: empty, with a link to the next",
    arrange: (tenant) => {
      const first = edit((body) => ({
        value: [],
        [NEXT]: `${tenant.graph}/v1.0/users?$select=id,mail,proxyAddresses&$top=999`,
        "@odata.context": body["@odata.context"],
      }));
      return tenant.fault({ on: "users", times: 1, effect: first });
    },
    outcome: "done",
    says: [],
  },
  {
    name: "page: a link to another host",
    arrange: linkTo((own) => own.replace(/localhost:\d+/, "graph.example.org")),
    outcome: failed("MalformedAnswer"),
    says: ["the link to the next page does not lead to Graph"],
  },
  {
    name: "page: a link with credentials",
    arrange: linkTo((own) => own.replace("https://", "https://graph.microsoft.com:x@")),
    outcome: failed("MalformedAnswer"),
    says: ["the link to the next page does not lead to Graph"],
  },
  {
    name: "page: a link that is no text",
    arrange: linkTo(() => 42),
    outcome: failed("MalformedAnswer"),
    says: ["the link to the next page does not lead to Graph"],
  },
  {
    name: "page: a link to itself",
    arrange: (tenant) => {
      const self = `${tenant.graph}/v1.0/users?$select=id,mail,proxyAddresses&$top=999`;
      return tenant.fault({ on: "users", effect: edit((body) => ({ ...body, [NEXT]: self })) });
    },
    outcome: failed("MalformedAnswer"),
    says: ["a page leads back to one that was read already"],
  },
  {
    name: "page: an expired token, once",
    arrange: always(
      "users",
      { kind: "status", status: 400, code: "Directory_ExpiredPageToken" },
      { from: 2, times: 1 },
    ),
    outcome: "done",
    says: [],
  },
  {
    name: "page: an expired token, always",
    arrange: (tenant) => {
      const stale = edit((body) => ({ ...body, [NEXT]: `${tenant.graph}/v1.0/users?$skiptoken=stale` }));
      return tenant.fault({ on: "users", effect: stale });
    },
    outcome: failed("PageTokenExpired"),
    says: ["Directory_ExpiredPageToken", "the read took longer than Graph keeps its place"],
  },
  {
    name: "page: objects repeated over pages",
    arrange: (tenant) => {
      const shown: Entry[] = [];
      const repeat = edit((body) => {
        shown.push(...entriesOf(body));
        return { ...body, value: [...entriesOf(body), ...shown] };
      });
      return tenant.fault({ on: "users", effect: repeat });
    },
    outcome: "done",
    says: [],
  },
  {
    name: "page: an object that moves to a page that was read already",
    arrange: (tenant) => {
      const [first] = tenant.company.users.values();
      return tenant.fault({ on: "users", effect: { kind: "lose", lose: ({ id }) => id === first?.id } });
    },
    outcome: failed("ReadNotWhole"),
    says: ["listed 1 object without an address that is still there", "nothing was removed, it is read again"],
  },
  {
    name: "page: one is silently missing",
    arrange: always("users", { kind: "lose", lose: () => true }, { from: 2, times: 1 }),
    outcome: failed("ReadNotWhole"),
    says: ["without an address that is still there", "nothing was removed, it is read again"],
  },
  {
    name: "page: all of them are silently empty",
    arrange: always("users", { kind: "lose", lose: () => true }),
    outcome: failed("ReadNotWhole"),
    says: ["without an address that is still there", "nothing was removed, it is read again"],
  },
  {
    name: "object: groups without addresses",
    arrange: always(
      "groups",
      each((entry) => ({ ...entry, mail: null, proxyAddresses: null })),
    ),
    outcome: { failed: "NotAuthorized", stalled: true },
    says: ["mail-enabled groups came with an address", "Group.Read.All"],
  },
  {
    name: "object: proxyAddresses null",
    arrange: always(
      "users",
      each((entry) => ({ ...entry, proxyAddresses: null })),
    ),
    outcome: failed("ReadNotWhole"),
    says: ["without an address that is still there"],
  },
  {
    name: "object: proxyAddresses missing",
    arrange: always(
      "users",
      each(({ proxyAddresses: _, ...entry }) => entry),
    ),
    outcome: failed("ReadNotWhole"),
    says: ["without an address that is still there"],
  },
  {
    name: "object: proxyAddresses of a wrong type",
    arrange: always(
      "users",
      each((entry) => ({ ...entry, proxyAddresses: "SMTP:one@example.com" })),
    ),
    outcome: failed("MalformedAnswer"),
    says: ["proxyAddresses of an object is no list of texts"],
  },
  {
    name: "directory: all users are gone",
    arrange: leave("users", () => true),
    outcome: { held: "SourceVanished" },
    says: ["accounts from users: 0, at least 1", "deletionGuard", "o365sync.dev/approve="],
  },
  {
    name: "directory: half of the users are gone",
    arrange: leave("users", (index) => index % 2 === 0),
    outcome: { held: "DeletionGuard" },
    says: ["deletionGuard: ", "o365sync.dev/approve="],
  },
  {
    name: "directory: everybody is gone",
    arrange: (tenant) => {
      const undo = [leave("users", () => true)(tenant, Date), leave("groups", () => true)(tenant, Date)];
      const contacts = [...tenant.company.contacts.entries()];
      tenant.company.contacts.clear();
      return () => {
        for (const take of undo) take();
        for (const [id, contact] of contacts) tenant.company.contacts.set(id, contact);
      };
    },
    outcome: { held: "EmptyResult" },
    says: ["it cannot be approved: correct the cause, then sync again"],
  },
  {
    name: "confirmation: one part is throttled for ever",
    arrange: (tenant, clock) => {
      const undo = [
        leave("users", (index) => index < 3)(tenant, clock),
        tenant.fault({ on: "part", effect: { kind: "status", status: 429, code: "TooManyRequests" } }),
      ];
      return all(undo);
    },
    outcome: failed("Throttled"),
    says: ["confirming removals", "HTTP 429, TooManyRequests"],
  },
  {
    name: "confirmation: a batch leaves one out",
    arrange: (tenant, clock) => {
      const short = edit((body) => ({ responses: (body["responses"] as unknown[]).slice(1) }));
      const undo = [leave("users", (index) => index < 3)(tenant, clock), tenant.fault({ on: "batch", effect: short })];
      return all(undo);
    },
    outcome: failed("MalformedAnswer"),
    says: ["a batch leaves out an object that was asked for"],
  },
  {
    name: "confirmation: 500",
    arrange: (tenant, clock) => {
      const undo = [
        leave("users", (index) => index < 3)(tenant, clock),
        tenant.fault({ on: "batch", effect: { kind: "status", status: 500 } }),
      ];
      return all(undo);
    },
    outcome: failed("ServiceUnavailable"),
    says: ["confirming removals", "HTTP 500"],
  },
  // Last, and these stay: five thousand addresses are too many to take away again.
  {
    name: "object: hostile strings",
    arrange: ({ company }) => {
      const user = company.hire("hostile@example.com");
      user.proxyAddresses.push(...HOSTILE_PROXIES);
      user.displayName = `${"A".repeat(1024 * 1024)}\u202e\u0000\n`;
      return () => {};
    },
    outcome: "done",
    says: [],
  },
  {
    name: "object: 5,000 proxyAddresses",
    arrange: ({ company }) => {
      const user = company.hire("many@example.com");
      for (let index = 0; index < 5_000; index++) user.proxyAddresses.push(`smtp:many.${index}@example.com`);
      return () => {};
    },
    outcome: "done",
    says: [],
  },
];
