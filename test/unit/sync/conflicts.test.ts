/** A cache that stays old, or somebody who always writes in between: told, and no reason to ask the tenant again and again (issue "true now", point 6). */
import { beforeEach, expect, it } from "vitest";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let town: Town;
/** Which object can never be written, and how often that was tried. */
let contested: string;
let refused: number;

beforeEach(async () => {
  town = await createTown();
  contested = "";
  refused = 0;
  const { client } = town.cluster;
  const meets = (name: string): boolean => contested !== "" && name.startsWith(contested);
  const conflict = (name: string): Promise<never> => {
    refused++;
    return Promise.reject(new ApiError(`PUT ${name}: 409 Conflict`, 409, "Conflict"));
  };
  const replace: Client["replace"] = (type, object, options) =>
    meets(object.metadata.name) ? conflict(object.metadata.name) : client.replace(type, object, options);
  const patch: Client["patch"] = (type, key, body, options) =>
    meets(key.name) ? conflict(key.name) : client.patch(type, key, body, options);
  town.restart({ ...client, replace, patch });
  town.people.set("id", ["user@a.test"]);
  await town.addDomain("a", { domain: "a.test" });
  await town.addSync("a", "a");
  town.ask("a", "sync", "first");
  await town.work();
  town.gateway.expectAlways(town.gateway.accepted());
});

const conditions = (): string[] =>
  (town.sync("a")?.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);

/** As the queue does: again when asked for, and after an error with a pause that doubles up to half a minute. Answers how many looks that took. */
async function passing(ms: number): Promise<number> {
  const end = town.now + ms;
  let [looks, pause] = [0, 1000];
  while (town.now < end) {
    looks++;
    const result = await town.look("sync", "a").catch(() => undefined);
    pause = result === undefined ? Math.min(pause * 2, 30_000) : 1000;
    town.now += result === undefined ? pause : (result.requeueAfterMs ?? MINUTE_MS);
  }
  return looks;
}

it.each(["a-recipients", "a-manifest", "a-accounts"])(
  "a conflict about %s that never ends is told within minutes, tried seldom, and heals by itself",
  async (name) => {
    town.people.set("new", ["new@a.test"]);
    contested = name;
    town.ask("a", "sync", "second");
    await passing(3 * MINUTE_MS);
    expect(conditions()).toEqual(expect.arrayContaining(["Ready=False/Conflict"]));
    const before = refused;
    const looks = await passing(HOUR_MS);
    expect(looks).toBeLessThan(200);
    expect(refused - before).toBeLessThan(200);
    contested = "";
    await passing(2 * HOUR_MS);
    expect(conditions()[0]).toBe("Ready=True/Succeeded");
    expect(town.gateway.accepted().has("new@a.test")).toBe(true);
  },
);
