/** `operator.cjs probe` against the simulated tenant: what holds, what does not, and that nobody's address is shown. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateCompany } from "../../../dev/tenant/fixture.ts";
import { startTenant, type Tenant } from "../../../dev/tenant/index.ts";
import { UsageError } from "../../../src/config/values.ts";
import { runProbe } from "../../../src/probe/main.ts";

const folder = mkdtempSync(join(tmpdir(), "o365-sync-probe-"));
const secret = join(folder, "secret");
const endpoints = join(folder, "endpoints.json");
let tenant: Tenant;

beforeAll(async () => {
  tenant = await startTenant({ company: generateCompany({ users: 1200, groups: 20, contacts: 3 }) });
  writeFileSync(secret, `${tenant.clientSecret}\n`);
  writeFileSync(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
});
afterAll(async () => {
  await tenant.close();
  rmSync(folder, { recursive: true });
});

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  const print = (text: string): void => {
    out += text;
  };
  try {
    return { code: await runProbe(args, { proxy: undefined, print, ca: tenant.ca }), out, err: "" };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { code: 2, out, err: error.message };
  }
}

const probe = (more: readonly string[] = []): ReturnType<typeof run> =>
  run([
    `--tenant-id=${tenant.tenantId}`,
    `--client-id=${tenant.clientId}`,
    `--client-secret-file=${secret}`,
    `--cloud-endpoints=${endpoints}`,
    ...more,
  ]);

const line = (out: string, part: string): string => out.split("\n").find((each) => each.includes(part)) ?? "";

describe("a probe of a tenant", () => {
  it("finds that what is taken for granted holds, reading only, and shows no address", async () => {
    const before = tenant.requests.length;
    const { code, out, err } = await probe(["--domain=example.com"]);
    expect(err).toBe("");
    expect(out).not.toContain("differs ");
    expect(code).toBe(0);
    expect(line(out, "application permissions")).toContain("User.Read.All, GroupMember.Read.All");
    expect(line(out, "the tenant owns example.com")).toMatch(/^ {2}holds/);
    expect(line(out, "users: a page holds up to 999")).toContain("999, there are more");
    expect(line(out, "users: the link gives the next page")).toContain("201, 0 of them seen before");
    expect(line(out, "says 404")).toMatch(/^ {2}holds/);
    expect(out).toMatch(/\n\d+ hold, 0 differ, \d+ cannot be told here\n$/);
    expect(out).not.toMatch(/@/);
    const asked = tenant.requests.slice(before).map(({ method, kind }) => `${method} ${kind}`);
    expect(new Set(asked.filter((each) => each.startsWith("POST")))).toEqual(new Set(["POST token", "POST batch"]));
  });

  it.each([
    { how: "plain", says: /^ {2}holds {4}users: who has an address can be asked for$/ },
    { how: "advanced", says: /^ {2}holds {4}users: who has an address can be asked for, as an advanced query$/ },
    { how: "refused", says: /^ {2}differs {2}users: .* 400; removals are confirmed by object id alone$/ },
  ] as const)("says how the tenant takes filters on addresses: $how", async ({ how, says }) => {
    tenant.showing.addressFilters = how;
    const { out } = await probe();
    tenant.showing.addressFilters = "plain";
    expect(line(out, "users: who has an address")).toMatch(says);
    expect(out).not.toMatch(/@/);
  });

  it.each<[name: string, part: string, fault: Parameters<Tenant["fault"]>[0]]>([
    [
      "a field that is missing",
      "groups: proxyAddresses is a list of texts: 19 of 20",
      { on: "groups", effect: { kind: "edit", edit: withoutAddresses } },
    ],
    [
      "a page size that is refused",
      "contacts: pages of 999 may be asked for",
      { on: "contacts", effect: { kind: "status", status: 400, code: "Request_BadRequest" } },
    ],
    [
      "a permission that is missing",
      "users: pages of 999 may be asked for: listing users was refused (HTTP 403, Authorization_RequestDenied",
      { on: "users", effect: { kind: "status", status: 403, code: "Authorization_RequestDenied" } },
    ],
    [
      "a batch that is refused",
      "$batch answers each part by itself: confirming removals was refused (HTTP 503",
      { on: "batch", effect: { kind: "status", status: 503 } },
    ],
  ])("says what differs: %s", async (_, part, fault) => {
    const heal = tenant.fault(fault);
    const { code, out } = await probe();
    heal();
    expect(line(out, part)).toMatch(/^ {2}differs/);
    expect(code).toBe(1);
    expect(out).not.toMatch(/@/);
  });

  it("compares domains as the operator does: U-labels are A-labels, and others' letters are none (issue 18, point 6)", async () => {
    const rename = (name: string) =>
      tenant.fault({
        on: "organization",
        effect: { kind: "edit", edit: () => ({ value: [{ verifiedDomains: [{ name }] }] }) },
      });
    for (const [verified, asked, says] of [
      ["B\u00fccher.example", "xn--bcher-kva.example", /holds/],
      ["xn--bcher-kva.example", "b\u00fccher.example", /holds/],
      ["\u212Aiosk.example", "kiosk.example", /differs/],
    ] as const) {
      const heal = rename(verified);
      const { out } = await probe([`--domain=${asked}`]);
      heal();
      expect(line(out, "the tenant owns"), verified).toMatch(says);
    }
  });

  it("takes groups without addresses for new ones where a role shows addresses (issue 18, point 1)", async () => {
    const bare = (body: Record<string, unknown>) => ({
      ...body,
      value: (body["value"] as object[]).map((each) => ({ ...each, mail: null, proxyAddresses: [] })),
    });
    const heal = tenant.fault({ on: "groups", effect: { kind: "edit", edit: bare } });
    const hidden = await probe();
    tenant.app.roles.add("Group.Read.All");
    const shown = await probe();
    tenant.app.roles.delete("Group.Read.All");
    heal();
    expect(line(hidden.out, "groups: the permission shows their addresses: 0 of")).toMatch(/differs/);
    expect(line(shown.out, "groups: the permission shows their addresses: 0 of")).toMatch(/holds/);
  });

  it("that cannot be entered says so as a condition would", async () => {
    tenant.app.secrets.clear();
    const { code, out } = await probe();
    tenant.app.secrets.set(tenant.clientSecret, "valid");
    expect(code).toBe(1);
    expect(line(out, "AADSTS7000215")).toMatch(/^ {2}differs {2}InvalidCredentials: obtaining a token was refused/);
    expect(out).not.toContain(tenant.clientSecret);
  });
});

describe("the command line", () => {
  it("explains itself", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("usage: node operator.cjs probe --tenant-id ID");
  });

  it.each<[args: readonly string[], says: string]>([
    [[], "probe: --tenant-id is required"],
    [["--tenant-id=t"], "probe: --client-id is required"],
    [["--tenant-id=t", "--client-id=c"], "probe: give exactly one of --client-secret-file"],
    [["--tenant-id=t", "--client-id=c", "--client-secret-file=/nowhere"], "cannot read /nowhere: ENOENT"],
    [
      ["--tenant-id=t", "--cloud=Germany"],
      'probe: --cloud must be one of Global, USGovernmentGCCHigh, USGovernmentDoD, China, not "Germany"',
    ],
    [["--tenant=t"], "probe: Unknown option '--tenant'"],
  ])("%j is refused: %s", async (args, says) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

/** Of the first entry. */
function withoutAddresses(body: Record<string, unknown>): unknown {
  const [first, ...rest] = body["value"] as Record<string, unknown>[];
  const { proxyAddresses: _, ...others } = first ?? {};
  return { ...body, value: [others, ...rest] };
}
