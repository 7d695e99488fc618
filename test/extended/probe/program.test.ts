/** The probe as the program that people run, with the environment that they have. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { startTenant } from "../../../dev/tenant/index.ts";
import { caPath } from "../../../dev/tls/index.ts";
import { bundle } from "../../../scripts/bundle.ts";
import { startProxy } from "../../support/proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "o365-sync-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("node operator.cjs probe goes through a proxy, trusts an extra CA, and ends with its verdict", async () => {
  const [program, secret, endpoints] = ["operator.cjs", "secret", "endpoints.json"].map((name) => join(folder, name));
  const tenant = await startTenant({ company: harbourAndPine() });
  const proxy = await startProxy();
  try {
    writeFileSync(secret ?? "", tenant.clientSecret);
    writeFileSync(endpoints ?? "", JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
    await bundle(program ?? "");
    const args = [`--tenant-id=${tenant.tenantId}`, `--client-id=${tenant.clientId}`, `--client-secret-file=${secret}`];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program ?? "", "probe", ...args, `--cloud-endpoints=${endpoints}`, "--domain=example.com"],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: caPath, HTTPS_PROXY: proxy.url, NO_PROXY: "" } },
    );
    expect(stdout).toMatch(/\n\d+ hold, 0 differ, \d+ cannot be told here\n$/);
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(tenant.graph).host]));
  } finally {
    await proxy.close();
    await tenant.close();
  }
});
