/** With additions off a day is to the letter what it is where nobody ever heard of them. */
import { expect, it } from "vitest";
import { createCompany } from "../../../../dev/tenant/company.ts";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../../src/runtime/kube.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import { createSmallWorld } from "../../../support/small-world.ts";

const HOUR_MS = 3_600_000;
type Schedule = O365Sync["spec"]["schedule"];
const SCHEDULE: Schedule = { enabled: true, times: ["06:00", "18:00"], timeZone: "UTC", startingDeadlineSeconds: 7200 };

/** What is asked and written within two days, in order, and what stands in the end; instants and names by chance aside. */
async function days(additions: Pick<Schedule, "additions">): Promise<string> {
  let ids = 0;
  const company = createCompany(["example.com"], () => `id-${ids++}`);
  for (let index = 0; index < 40; index++) company.hire(`user${index}@example.com`);
  const world = await createSmallWorld({ company, spec: { schedule: { ...SCHEDULE, ...additions } } });
  const { client: real } = world.cluster;
  const writes: unknown[] = [];
  const client: Client = {
    ...real,
    create(type, object, options) {
      writes.push(["create", type.kind, object]);
      return real.create(type, object, options);
    },
    replace(type, object, options) {
      writes.push(["replace", type.kind, object]);
      return real.replace(type, object, options);
    },
    patch(type, key, patch, options) {
      writes.push(["patch", type.kind, key, patch]);
      return real.patch(type, key, patch, options);
    },
    delete(type, key, options) {
      writes.push(["delete", type.kind, key]);
      return real.delete(type, key, options);
    },
  };
  const hours = async (count: number): Promise<void> => {
    for (let hour = 0; hour < count; hour++) {
      world.now += HOUR_MS;
      await world.work();
    }
  };
  try {
    world.restart(client);
    await world.work();
    company.hire("new@example.com");
    await hours(24);
    for (let index = 0; index < 20; index++) company.remove(`user${index}@example.com`);
    await hours(12);
    expect(world.sync().status?.held).toBeDefined();
    const asked = world.tenant.requests.map(({ path, status }) => `${path} ${status}`);
    const { status } = world.sync();
    const maps = world.cluster.store<ConfigMap>(CONFIG_MAP).list();
    return JSON.stringify({ writes, asked, status, maps }, null, 1)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "an instant")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|sha256:[0-9a-f]+|\b[0-9a-f]{64}\b/g, "by chance")
      .replaceAll(/(resourceVersion\\?": ?\\?"|seconds\\?": ?)[\d.]+/g, "$1some");
  } finally {
    await world.close();
  }
}

it("With additions off everything that is asked, written and left is to the letter what it is without the field", async () => {
  const without = await days({});
  expect(without.length).toBeGreaterThan(10_000);
  expect(await days({ additions: { enabled: false, intervalMinutes: 5 } })).toBe(without);
  expect(without).not.toMatch(/deltatoken|\/delta|feed\\?":|plannedTime|dditions/);
  // It can fail: a day with them is another one.
  expect(await days({ additions: { enabled: true, intervalMinutes: 5 } })).toMatch(/deltatoken/);
});
