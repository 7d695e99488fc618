/** A program: the simulated tenant in a node. Takes orders as JSON lines, such as {"hire":"new@example.com"}, and answers each with a line. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { harbourAndPine } from "../../dev/tenant/fixture.ts";
import { startTenant } from "../../dev/tenant/index.ts";

export interface Order {
  readonly hire?: string;
  /** The client secret that is valid from now on; no other is. */
  readonly secret?: string;
}

const [address = "", port = "", folder = ""] = process.argv.slice(2);
const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

const company = harbourAndPine();
// The tenant that the documentation's example names.
company.domains.push("example.onmicrosoft.com");
const tls = { ca: read("ca.crt"), cert: read("tenant.crt"), key: read("tenant.key") };
const tenant = await startTenant({ company, port: Number(port), at: { address, ...tls } });
console.log(JSON.stringify({ origin: tenant.graph, tenantId: tenant.tenantId }));

for await (const line of createInterface({ input: process.stdin })) {
  const { hire, secret } = JSON.parse(line) as Order;
  if (hire !== undefined) company.hire(hire);
  if (secret !== undefined) {
    tenant.app.secrets.clear();
    tenant.app.secrets.set(secret, "valid");
    tenant.expireTokens();
  }
  console.log(JSON.stringify({ requests: tenant.requests.length }));
}
