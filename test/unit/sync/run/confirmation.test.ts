/** An address goes only when nobody has it: lists, ids and filters of a tenant may each be of another minute. */
import { afterEach, describe, expect, it } from "vitest";
import type { DirectoryEntry } from "../../../../dev/tenant/company.ts";
import type { View } from "../../../../dev/tenant/graph.ts";
import { createSmallWorld, peopleOf, type SmallWorld, viewOf } from "../../../support/small-world.ts";

let world: SmallWorld;
afterEach(() => world.close());

const start = async (options: Parameters<typeof createSmallWorld>[0] = {}): Promise<void> => {
  world = await createSmallWorld(options);
};

const LATER = "info@example.com";
const without = (entry: DirectoryEntry, address: string): DirectoryEntry => ({
  ...entry,
  proxyAddresses: entry.proxyAddresses.filter((proxy) => proxy.toLowerCase() !== `smtp:${address}`),
});

/** A company in which info@ is with user0, and what happens to it while the tenant is read. */
interface Story {
  readonly what: string;
  /** Whether anybody has info@ afterwards. */
  readonly stays: boolean;
  readonly happen: (company: SmallWorld["company"]) => void;
}

const STORIES: readonly Story[] = [
  {
    what: "moves to a colleague (16.8)",
    stays: true,
    happen(company) {
      company.removeAlias("user0@example.com", LATER);
      company.addAlias("user1@example.com", LATER);
    },
  },
  {
    what: "goes to the heir of a leaver (16.8)",
    stays: true,
    happen(company) {
      company.remove("user0@example.com");
      company.addAlias("user1@example.com", LATER);
      company.addAlias("user1@example.com", "user0@example.com");
    },
  },
  {
    what: "becomes a distribution list",
    stays: true,
    happen(company) {
      company.removeAlias("user0@example.com", LATER);
      company.addGroup(LATER);
    },
  },
  {
    what: "becomes a contact",
    stays: true,
    happen(company) {
      company.removeAlias("user0@example.com", LATER);
      company.addContact(LATER);
    },
  },
  {
    what: "is taken away",
    stays: false,
    happen: (company) => company.removeAlias("user0@example.com", LATER),
  },
  { what: "leaves with its owner", stays: false, happen: (company) => company.remove("user0@example.com") },
];

const TIMES = ["before", "after"] as const;
const CASES = STORIES.flatMap((story) => TIMES.flatMap((ids) => TIMES.map((filters) => ({ ...story, ids, filters }))));

describe("While an alias", () => {
  it.each(CASES)(
    "$what, and ids are as $ids, filters as $filters: it is refused only if neither shows it",
    async ({ stays, happen, ids, filters }) => {
      await start();
      const { company, tenant } = world;
      company.addAlias("user0@example.com", LATER);
      expect(await world.ask("sync", "first")).toMatchObject({ state: "Succeeded" });
      const before = viewOf(company);
      happen(company);
      const after = viewOf(company);
      // The list is of neither minute: whoever had it has it no longer, whoever gets it has not got it yet.
      const between = viewOf(company, (entry) =>
        entry.mail === LATER
          ? undefined
          : without(without(entry, LATER), entry.mail === "user1@example.com" ? "user0@example.com" : ""),
      );
      const at: Readonly<Record<(typeof TIMES)[number], View>> = { before, after };
      Object.assign(tenant.showing.views, { lists: between, ids: at[ids], filters: at[filters] });
      const answer = await world.ask("sync", "second");
      // By id only the old owner is asked; by address whoever has it.
      const shown = ids === "before" || filters === "before" || stays;
      expect(answer).toMatchObject(
        shown ? { state: "Failed", reason: "ReadNotWhole" } : { state: "Succeeded", reason: "Published" },
      );
      expect(world.accepted().includes(LATER)).toBe(shown);
      // Once every window shows the same minute, the next try publishes what is there.
      for (const window of ["lists", "ids", "filters"] as const) delete tenant.showing.views[window];
      expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
      expect(world.accepted().includes(LATER)).toBe(stays);
    },
  );
});

describe("Another tenant", () => {
  it("whose ids are all new loses nobody whom its list does not show (16.8)", async () => {
    await start();
    await world.ask("sync", "first");
    const { company, tenant } = world;
    const people = [...company.users.values()];
    for (const { id } of people) company.remove(id);
    for (const { mail } of people) company.hire(mail ?? "");
    const hidden = new Set([3, 4, 5].map((index) => `user${index}@example.com`));
    tenant.showing.views.lists = viewOf(company, (entry) => (hidden.has(entry.mail ?? "") ? undefined : entry));
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    expect(world.accepted()).toContain("user3@example.com");
  });
});

describe("What our own configuration takes away", () => {
  it("is asked for where somebody else may have it by now: a static recipient that became a mailbox", async () => {
    await start({ spec: { staticRecipients: ["box@example.com"] } });
    await world.ask("sync", "first");
    const { company, tenant } = world;
    tenant.showing.views.lists = viewOf(company);
    company.hire("box@example.com");
    world.edit(({ spec }) => {
      spec.staticRecipients = [];
    });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    company.remove("box@example.com");
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).not.toContain("box@example.com");
  });

  it("is not asked for in a source that is switched off", async () => {
    await start();
    world.company.addContact("partner@example.com");
    await world.ask("sync", "first");
    world.edit(({ spec }) => {
      spec.sources = { ...spec.sources, contacts: false };
      spec.deletionGuard = { ...spec.deletionGuard, enabled: false };
    });
    const held = await world.ask("sync", "second");
    expect(held.reason).toBe("SourceVanished");
    expect(await world.ask("approve", world.sync().status?.held?.planDigest ?? "")).toMatchObject({
      state: "Succeeded",
    });
    expect(world.accepted()).not.toContain("partner@example.com");
  });

  it("keeps what the tenant really has in a domain that is no longer mirrored", async () => {
    await start({
      company: peopleOf(30),
      domain: { aliasDomains: [{ name: "example.org", recipients: "Mirror" }] },
      spec: { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } },
    });
    await world.ask("sync", "first");
    const { company, tenant } = world;
    tenant.showing.views.lists = viewOf(company);
    company.addAlias("user0@example.com", "user0@example.org");
    world.editDomain(({ spec }) => {
      spec.aliasDomains = [{ name: "example.org", recipients: "Directory" }];
    });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    delete tenant.showing.views.lists;
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).toContain("user0@example.org");
    expect(world.accepted()).not.toContain("user1@example.org");
  });
});

describe("A tenant that refuses filters on addresses", () => {
  it("is asked once more as an advanced query, which some demand", async () => {
    await start();
    world.tenant.showing.addressFilters = "advanced";
    await world.ask("sync", "first");
    world.company.remove("user0@example.com");
    const { message, state } = await world.ask("sync", "second");
    expect(state).toBe("Succeeded");
    expect(message).not.toContain("by object id alone");
    world.tenant.showing.views.lists = viewOf(world.company, ({ mail, ...entry }) =>
      mail === "user1@example.com" ? undefined : { mail, ...entry },
    );
    world.tenant.showing.views.ids = () => [];
    expect(await world.ask("sync", "third")).toMatchObject({ reason: "ReadNotWhole" });
  });

  it("lets the ids decide alone; status and history say so", async () => {
    await start();
    world.tenant.showing.addressFilters = "refused";
    await world.ask("sync", "first");
    world.company.remove("user0@example.com");
    const said = "1 removal was confirmed by object id alone: the tenant refuses to tell who has an address";
    expect((await world.ask("sync", "second")).message).toContain(said);
    const { status } = world.sync();
    expect(status?.lastSync?.message).toContain(said);
    expect(status?.history?.[0]?.summary).toContain(said);
    expect(world.accepted()).not.toContain("user0@example.com");
    const hidden = "user1@example.com";
    world.tenant.showing.views.lists = viewOf(world.company, (entry) => (entry.mail === hidden ? undefined : entry));
    expect(await world.ask("sync", "third")).toMatchObject({ reason: "ReadNotWhole" });
  });
});

describe("Requests", () => {
  const batches = (): number => world.tenant.requests.filter(({ kind }) => kind === "batch").length;

  it.each([
    { leavers: 20, filters: "plain", ids: 1, most: 4 },
    { leavers: 20, filters: "refused", ids: 1, most: 4 },
    { leavers: 2000, filters: "plain", ids: 100, most: 500 },
    { leavers: 2000, filters: "refused", ids: 100, most: 500 },
  ] as const)(
    "of $leavers leavers, where filters are $filters, are $ids by id and at most $most by address",
    async ({ leavers, filters, ids, most }) => {
      const company = peopleOf(2200);
      await start({ company, spec: { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } } });
      await world.ask("sync", "first");
      world.tenant.showing.addressFilters = filters;
      for (let index = 0; index < leavers; index++) company.remove(`user${index}@example.com`);
      expect(batches()).toBe(0);
      expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
      expect(batches()).toBeGreaterThan(ids);
      expect(batches()).toBeLessThanOrEqual(ids + most);
    },
  );
});
