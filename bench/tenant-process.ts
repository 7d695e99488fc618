/** A Microsoft 365 cloud in a process of its own: any number of tenants, pages made on the fly, every request counted. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { cert, key } from "../dev/tls/index.ts";
import type { Source } from "../src/recipients/model.ts";
import { entryOf, type Shape } from "./company.ts";
import type { TenantOrder, TenantReport } from "./tenant.ts";

const SOURCES: readonly string[] = ["users", "groups", "contacts"] satisfies Source[];
const ROLES = ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"];
const LARGEST_PAGE = 999;
const DEFAULT_PAGE = 100;
const zip = promisify(gzip);

let tenants = new Map<string, Shape>();
let latencyMs = 0;
let report: TenantReport = empty();

function empty(): TenantReport {
  return { requests: {}, byTenant: {}, resourceUnits: 0, bytes: 0 };
}

interface Reply {
  readonly kind: string;
  readonly tenant: string;
  readonly units: number;
  readonly status: number;
  readonly body: object;
}

function answer(request: IncomingMessage, origin: string): Reply {
  const url = new URL(request.url ?? "/", origin);
  const [, first = "", second = "", third] = url.pathname.split("/");
  if (second === "oauth2")
    return { kind: "token", tenant: first, units: 0, status: 200, body: tokenFor(first, origin) };
  const tenant = tenantOf(request.headers.authorization);
  const shape = tenants.get(tenant);
  const reply = (kind: string, units: number, status: number, body: object): Reply => ({
    kind,
    tenant,
    units,
    status,
    body,
  });
  if (shape === undefined) return reply("refused", 1, 401, { error: { code: "InvalidAuthenticationToken" } });
  if (second === "organization") {
    const verifiedDomains = shape.domains.map((name) => ({ name }));
    return reply("organization", 1, 200, { value: [{ id: tenant, verifiedDomains }] });
  }
  if (third === "delta") return reply("delta", 1, 200, unchanged(second, url));
  if (third !== undefined && second === "groups") return reply("members", 2, 200, { value: [] });
  if (!SOURCES.includes(second)) return reply("refused", 1, 400, { error: { code: "BadRequest" } });
  return reply(second, 1, 200, page(second as Source, shape, url));
}

function tokenFor(tenant: string, origin: string): object {
  const payload = { aud: origin, roles: ROLES, tid: tenant };
  const parts = [{ alg: "RS256", typ: "JWT" }, payload].map((part) => Buffer.from(JSON.stringify(part)));
  const access_token = [...parts.map((part) => part.toString("base64url")), "unsigned"].join(".");
  return { token_type: "Bearer", expires_in: 3600, access_token };
}

function tenantOf(authorization = ""): string {
  const payload = Buffer.from(authorization.split(".")[1] ?? "", "base64url").toString("utf8");
  return payload === "" ? "" : String((JSON.parse(payload) as { tid?: unknown }).tid);
}

function page(source: Source, shape: Shape, url: URL): object {
  const query = url.searchParams;
  const top = Math.min(LARGEST_PAGE, Number(query.get("$top") ?? DEFAULT_PAGE));
  const from = Number(query.get("$skiptoken") ?? 0);
  const end = Math.min(shape[source], from + top);
  const value: object[] = [];
  for (let index = from; index < end; index++) value.push(entryOf(source, index, shape));
  const next = new URL(url);
  next.searchParams.set("$skiptoken", String(end));
  return { value, ...(end < shape[source] ? { "@odata.nextLink": next.href } : {}) };
}

/** A company in which nobody comes and nobody goes. */
const unchanged = (collection: string, url: URL): object => ({
  value: [],
  "@odata.deltaLink": `${url.origin}/v1.0/${collection}/delta?$deltatoken=${"a".repeat(200)}`,
});

async function serve(request: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
  const began = performance.now();
  request.resume();
  const { kind, tenant, units, status, body } = answer(request, origin);
  const text = JSON.stringify(body);
  const wanted = /gzip/.test(request.headers["accept-encoding"] ?? "");
  const bytes = wanted ? await zip(text, { level: constants.Z_BEST_SPEED }) : Buffer.from(text);
  report.requests[kind] = (report.requests[kind] ?? 0) + 1;
  report.byTenant[tenant] = (report.byTenant[tenant] ?? 0) + 1;
  report.resourceUnits += units;
  report.bytes += bytes.length;
  // What it takes to make the page is a part of it.
  const rest = latencyMs - (performance.now() - began);
  if (rest > 0) await pause(rest);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "x-ms-resource-unit": String(units),
    ...(wanted ? { "Content-Encoding": "gzip" } : {}),
  });
  response.end(bytes);
}

const server = createServer({ cert, key }, (request, response) => {
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  serve(request, response, origin).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", (order: TenantOrder) => {
  if (order.tenants !== undefined) tenants = new Map(order.tenants);
  if (order.latencyMs !== undefined) latencyMs = order.latencyMs;
  process.send?.(report);
  if (order.reset === true) report = empty();
});
process.on("disconnect", () => process.exit(0));
