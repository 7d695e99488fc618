/** `operator.cjs probe` and delta queries: what additions between syncs take for granted, and a tenant that does otherwise. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { startTenant, type Tenant } from "../../../dev/tenant/index.ts";
import { type Deps, systemClock } from "../../../src/base/deps.ts";
import { UsageError } from "../../../src/config/values.ts";
import { runProbe } from "../../../src/probe/main.ts";

const folder = mkdtempSync(join(tmpdir(), "o365-sync-probe-delta-"));
afterAll(() => rmSync(folder, { recursive: true }));

let tenant: Tenant;
let now: number;
/** By the number of the pause in which it happens. */
let happens: Record<number, () => void>;
beforeEach(async () => {
  now = Date.now();
  happens = {};
  const company = createCompany(["example.com"]);
  for (let index = 0; index < 250; index++) company.hire(`user${index}@example.com`);
  company.addGroup("team@example.com");
  company.addContact("partner@elsewhere.example");
  tenant = await startTenant({ company, now: () => now });
});
afterEach(() => tenant.close());

async function probe(...more: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const [secret, endpoints] = [join(folder, "secret"), join(folder, "endpoints.json")];
  writeFileSync(secret, tenant.clientSecret);
  writeFileSync(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
  let out = "";
  let pauses = 0;
  const clock: Deps["clock"] = {
    ...systemClock,
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => {
      now += ms;
      happens[++pauses]?.();
      return Promise.resolve();
    },
  };
  const code = await runProbe(
    [
      `--tenant-id=${tenant.tenantId}`,
      `--client-id=${tenant.clientId}`,
      `--client-secret-file=${secret}`,
      `--cloud-endpoints=${endpoints}`,
      ...more,
    ],
    { proxy: undefined, print: (text) => (out += text), ca: tenant.ca, deps: { clock, random: () => 0.5 } },
  );
  return { code, out };
}
const line = (out: string, part: string): string => out.split("\n").find((each) => each.includes(part)) ?? "";
/** What it answers to delta queries, edited. */
const lying = (edit: (body: Record<string, unknown>) => unknown) =>
  tenant.fault({ on: "delta", effect: { kind: "edit", edit: edit } });

describe("A probe", () => {
  it("finds what additions take for granted, hires nobody, and shows no address", async () => {
    const { code, out } = await probe();
    expect(code).toBe(0);
    for (const source of ["users", "groups", "contacts"])
      expect(line(out, `${source}: a delta from now on is one page without objects, and a link: 0`)).toMatch(
        /^ {2}holds/,
      );
    expect(line(out, "users: a page of a delta holds up to 200: ")).toMatch(/^ {2}holds/);
    expect(line(out, "users: $select is honoured by a delta")).toMatch(/^ {2}holds/);
    expect(line(out, "users: the link of a delta can be followed")).toMatch(/^ {2}holds/);
    expect(out).not.toMatch(/@/);
    expect(
      tenant.requests.filter(({ method, kind }) => method !== "GET" && kind !== "token" && kind !== "batch"),
    ).toEqual([]);
  });

  it.each<[what: string, says: string, edit: (body: Record<string, unknown>) => unknown]>([
    [
      "leads elsewhere",
      "users: a delta from now on is one page without objects, and a link: it is no page of a delta",
      (body) => ({ ...body, "@odata.deltaLink": "https://graph.evil.test/v1.0/users/delta?$deltatoken=1" }),
    ],
    [
      "has both links",
      "users: a delta from now on is one page without objects, and a link: it is no page of a delta",
      (body) => ({ ...body, "@odata.nextLink": body["@odata.deltaLink"] }),
    ],
    [
      "tells of objects where nothing changed",
      "users: a delta from now on is one page without objects, and a link: 1",
      (body) => ({ ...body, value: [...(body["value"] as object[]), { id: "x" }] }),
    ],
    [
      "has huge pages",
      "users: a page of a delta holds up to 200: ",
      (body) => ({ ...body, value: Array.from({ length: 300 }, (_, index) => ({ id: `i${index}` })) }),
    ],
    [
      "tells more than is asked for",
      "users: $select is honoured by a delta: 0 of 1",
      (body) => ({ ...body, value: [{ id: "x", manager: "somebody" }] }),
    ],
    [
      "has no end",
      "users: the link of a delta can be followed, within 100 pages: it has no end",
      (body) =>
        "@odata.deltaLink" in body && !JSON.stringify(body).includes('"value":[]')
          ? body
          : {
              ...body,
              "@odata.deltaLink": undefined,
              "@odata.nextLink": body["@odata.nextLink"] ?? body["@odata.deltaLink"],
            },
    ],
  ])("says so where a delta %s", async (what, says, edit) => {
    if (what === "has no end") {
      // The first page is as it should be: what comes after it never ends.
      let pages = 0;
      lying((body) => (pages++ < 2 ? body : edit(body)));
    } else lying(edit);
    const { code, out } = await probe();
    expect(line(out, says)).toMatch(/^ {2}differs/);
    expect(code).toBe(1);
    expect(out).not.toMatch(/@/);
  });

  it("says so where there are no delta queries", async () => {
    tenant.fault({ on: "delta", effect: { kind: "status", status: 400, code: "Request_UnsupportedQuery" } });
    const { out } = await probe();
    expect(line(out, "groups: a delta from now on")).toContain("Request_UnsupportedQuery");
    expect(line(out, "groups: a delta from now on")).toContain("additions would be Behind");
  });
});

describe("A probe that watches", () => {
  it("says how late a delta shows who was hired, and that a read by id shows the same", async () => {
    happens = {
      2: () => void tenant.company.hire("new@example.com"),
      4: () => tenant.company.remove("user3@example.com"),
    };
    const { code, out } = await probe("--watch=1");
    // Of one that changed before it is told too: whether that is news cannot be told.
    expect(line(out, "users: a delta tells what changes: 3, ")).toMatch(/^ {2}holds.*new ones were \d s old at most$/);
    expect(line(out, "users: what a delta tells is shown by id at once: 3 of 3")).toMatch(/^ {2}holds/);
    expect(line(out, "groups: how late a delta is, for nothing changed meanwhile")).toMatch(/^ {2}unknown/);
    expect(code).toBe(0);
    expect(out).not.toMatch(/@/);
  });

  it("says so where a read by id does not know yet who a delta tells of", async () => {
    happens = {
      2: () => {
        tenant.company.hire("new@example.com");
        tenant.showing.views.ids = () => [];
      },
    };
    const { code, out } = await probe("--watch=1");
    expect(line(out, "users: what a delta tells is shown by id at once: 0 of 2")).toMatch(/^ {2}differs/);
    expect(code).toBe(1);
  });

  it("says so where a delta can no longer be followed", async () => {
    happens = { 3: () => tenant.forgetDeltas() };
    const { out } = await probe("--watch=1");
    expect(line(out, "users: a delta can be followed for a while: ")).toMatch(/^ {2}differs.*resyncRequired/);
  });

  it.each(["0", "51", "ten", "1.5"])("is not asked to watch for %s minutes", async (minutes) => {
    await expect(probe(`--watch=${minutes}`)).rejects.toThrow(UsageError);
  });
});
