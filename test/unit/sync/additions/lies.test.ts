/** A delta that repeats, reorders, is late or lies: the list loses no address, and accepts none that no object had. */
import { afterEach, describe, expect, it } from "vitest";
import { createSmallWorld, NAME, peopleOf, SLOTS_AND_POLLS, type SmallWorld } from "../../../support/small-world.ts";

const MINUTE_MS = 60_000;
const STRANGER = "6f1c0f2e-5a0d-4c55-9b39-00000000beef";

let world: SmallWorld;
afterEach(() => world.close());

async function create(late?: () => number): Promise<void> {
  world = await createSmallWorld({
    company: peopleOf(30),
    spec: { schedule: SLOTS_AND_POLLS },
    ...(late === undefined ? {} : { late }),
  });
  await world.work();
}
const wait = async (): Promise<void> => {
  world.now += 5 * MINUTE_MS;
  await world.work();
};

type Page = Record<string, unknown> & { readonly value: readonly Record<string, unknown>[] };
const lying = (edit: (page: Page) => unknown): (() => void) =>
  world.tenant.fault({ on: "delta", effect: { kind: "edit", edit: edit as never } });
const withEntries = (page: Page, ...more: readonly object[]) => ({ ...page, value: [...page.value, ...more] });

describe("A delta that", () => {
  it.each<[what: string, edit: (page: Page) => unknown, isHeard: boolean]>([
    ["says that everybody was removed", (page) => withEntries(page, ...removed(page)), true],
    ["tells of objects that there are not", (page) => withEntries(page, { id: STRANGER, mail: "a@example.com" }), true],
    [
      "gives somebody addresses that no object has",
      (page) => ({
        ...page,
        value: page.value.map((each) => ({ ...each, proxyAddresses: ["SMTP:invented@example.com"] })),
      }),
      true,
    ],
    [
      "leaves properties out, or has null where a list should be",
      (page) => ({
        ...page,
        value: page.value.flatMap(({ id }) => [{ id }, { id, mail: null, proxyAddresses: null }]),
      }),
      true,
    ],
    [
      "tells all of it three times, the last first",
      (page) => withEntries(page, ...page.value.toReversed(), ...page.value),
      true,
    ],
    [
      "has a thousand on a page of 200",
      (page) => withEntries(page, ...Array.from({ length: 1_000 }, (_, index) => ({ id: `none-${index}` }))),
      true,
    ],
    [
      "never ends",
      (page) => ({
        ...page,
        "@odata.deltaLink": undefined,
        "@odata.nextLink": page["@odata.nextLink"] ?? page["@odata.deltaLink"],
      }),
      false,
    ],
    ["leads to another host", (page) => ({ ...page, "@odata.deltaLink": "https://evil.test/v1.0/users/delta" }), false],
    ["has entries without ids", (page) => withEntries(page, { mail: "x@example.com" }), false],
    ["has no list", ({ value: _, ...page }) => page, false],
  ])("%s takes nobody away and invents nobody", async (_, edit, isHeard) => {
    await create();
    const before = world.accepted();
    const over = lying(edit);
    world.company.hire("new@example.com");
    world.company.remove("user3@example.com");
    for (let round = 0; round < 3; round++) await wait();
    const during = world.accepted();
    expect(during).toEqual(expect.arrayContaining(before));
    expect(during.filter((address) => !before.includes(address))).toEqual(isHeard ? ["new@example.com"] : []);
    over();
    await wait();
    await wait();
    expect(world.accepted()).toEqual([...before, "new@example.com"].sort());
    expect(world.sync().status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
  });

  it("is late, each time by another time, so that changes overtake each other, tells all of them in the end", async () => {
    let count = 0;
    await create(() => (count++ % 4) * 2 * MINUTE_MS);
    const before = world.accepted();
    const hired = Array.from({ length: 8 }, (_, index) => `new${index}@example.com`);
    for (const address of hired) {
      world.company.hire(address);
      await wait();
    }
    for (let round = 0; round < 3; round++) await wait();
    expect(world.accepted()).toEqual([...before, ...hired].sort());
  });

  it("knows somebody whom a read by id does not know yet is believed once that knows them too", async () => {
    await create();
    world.tenant.showing.views.ids = () => [];
    world.company.hire("new@example.com");
    await wait();
    expect(world.accepted()).not.toContain("new@example.com");
    delete world.tenant.showing.views.ids;
    await wait();
    expect(world.accepted()).toContain("new@example.com");
  });

  it("is lost at any of its requests finds everybody all the same", async () => {
    for (let request = 0; request < 6; request++) {
      await create();
      const before = world.accepted();
      world.company.hire("new@example.com");
      let asked = 0;
      world.tenant.fault({
        on: "delta",
        effect: {
          kind: "edit",
          edit: (page) => {
            if (asked++ === request) world.tenant.forgetDeltas();
            return page;
          },
        },
      });
      for (let round = 0; round < 3; round++) await wait();
      expect(world.accepted(), `request ${request}`).toEqual([...before, "new@example.com"].sort());
      if (request < 5) await world.close();
    }
  });
});

describe("A manifest out of a backup", () => {
  it("has an old place: what it tells again is counted once and takes nothing away", async () => {
    await create();
    await wait();
    const backup = manifest();
    world.company.hire("a1@example.com");
    await wait();
    world.company.hire("a2@example.com");
    world.company.rename("user5@example.com", "married@example.com");
    await wait();
    const before = world.accepted();
    world.editMap(`${NAME}-manifest`, (map) => {
      map.data = { "manifest.json": JSON.stringify({ ...manifest(), feed: backup["feed"] }) };
    });
    world.restart();
    for (let round = 0; round < 3; round++) await wait();
    expect(world.accepted()).toEqual(before);
    expect(world.sync().status?.additions).toMatchObject({ state: "Current", accountAdds: 2, aliasAdds: 1 });
  });
});

const manifest = (): Record<string, unknown> =>
  JSON.parse(world.map(`${NAME}-manifest`)?.data?.["manifest.json"] ?? "{}") as Record<string, unknown>;

const removed = ({ value }: Page): readonly object[] =>
  value.map(({ id }) => ({ id, "@removed": { reason: "deleted" } }));
