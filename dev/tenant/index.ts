/** A Microsoft 365 tenant on loopback: Entra's token endpoint and Graph over HTTPS, as strict as the real ones. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { trackConnections } from "../apiserver/connections.ts";
import { ca, cert, key } from "../tls/index.ts";
import { type Authority, createAuthority } from "./authority.ts";
import type { Company } from "./company.ts";
import { createDeltaService, type Late } from "./delta.ts";
import { disturb, type Send, sendBody } from "./disturb.ts";
import type { App } from "./entra.ts";
import { createFaults, type Fault, type RequestKind } from "./faults.ts";
import { createGraphService, kindOf, replyOf, type Showing } from "./graph.ts";

export interface TenantOptions {
  readonly company: Company;
  /** Default: a free one. */
  readonly port?: number;
  /** Where to listen when not on loopback, with a certificate for that address and the CA that signed it. */
  readonly at?: { readonly address: string; readonly ca: string; readonly cert: string; readonly key: string };
  readonly tenantId?: string;
  /** Default 3600. */
  readonly tokenLifetimeSeconds?: number;
  /** How many objects a page holds at most, whatever is asked for. Default 999. */
  readonly largestPage?: number;
  /** How long after it was made a change shows up in a delta query, in milliseconds. Default 0. */
  readonly late?: Late;
  /** Milliseconds since the epoch, for the life of tokens. */
  readonly now?: () => number;
}

export interface RecordedRequest {
  readonly kind: RequestKind;
  readonly method: string;
  /** Decoded, with the query. */
  readonly path: string;
  readonly status: number;
}

export interface Tenant {
  /** Origins, for `--cloud-endpoints`. */
  readonly authority: string;
  readonly graph: string;
  /** PEM of the CA to trust. */
  readonly ca: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly company: Company;
  /** The app registration that tests change: secrets, certificates, roles. */
  readonly app: App;
  /** What tests change of it: clusters that it knows, tenants of other clouds, what the administrator decides. */
  readonly entra: Pick<Authority, "issuers" | "elsewhere" | "administrator">;
  /** In the order of their answers. */
  readonly requests: RecordedRequest[];
  /** How it takes filters on addresses, and what each way of asking shows. */
  readonly showing: Showing;
  fault(fault: Fault): () => void;
  expireTokens(): void;
  /** Whoever follows a delta must begin anew. */
  forgetDeltas(): void;
  close(): Promise<void>;
}

/** What Graph says of the cost of a request. */
const DIAGNOSTICS = { "x-ms-resource-unit": "1" };
const CLIENT_ID = "11111111-2222-4333-8444-555555555555";
const CLIENT_SECRET = "a-secret-of-the-simulated-tenant";
const JSON_TYPE = { "Content-Type": "application/json" };
const NO_TOKEN = {
  error: { code: "InvalidAuthenticationToken", message: "Access token is empty, unknown or expired." },
};
const ALL_ROLES = ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"];
const MOST_BODY_BYTES = 4 * 1024 * 1024;

export async function startTenant(options: TenantOptions): Promise<Tenant> {
  const { company, tenantId = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10", now = Date.now, at = LOOPBACK } = options;
  const app = registration(CLIENT_ID, CLIENT_SECRET);
  const requests: RecordedRequest[] = [];
  const faults = createFaults();
  let origin = "";
  const authority = createAuthority({
    tenantId,
    domains: company.domains,
    app,
    origin: () => origin,
    lifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
    now,
  });
  const showing: Showing = { addressFilters: "plain", views: {} };
  const deltas = createDeltaService(company, { now, late: options.late ?? 0 });
  const graph = createGraphService({ ...options, tenantId, faults, showing, deltas });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    const route = authority.route(url);
    const kind = route?.kind ?? kindOf(url.pathname);
    const body = await readBody(request);
    const effect = faults.next(kind);
    const send: Send = (status, answer, headers = {}) => {
      requests.push({ kind, method: request.method ?? "", path: decodeURIComponent(request.url ?? ""), status });
      const whole = typeof answer === "string" || answer instanceof Uint8Array;
      const isEdited = effect?.kind === "edit" && status === 200;
      const edited = isEdited ? effect.edit(answer as Record<string, unknown>) : answer;
      response.writeHead(status, { ...JSON_TYPE, ...DIAGNOSTICS, "request-id": randomUUID(), ...headers });
      sendBody(effect, response, connections, whole ? answer : JSON.stringify(edited));
    };
    if (await disturb(effect, response, connections, send)) return;
    if (route !== undefined) {
      const told = route.answer(body);
      send(told.status, told.body, told.headers);
      return;
    }
    const roles = authority.entra.rolesOf((request.headers.authorization ?? "").replace(/^Bearer /, ""));
    if (roles === undefined) {
      send(401, NO_TOKEN);
      return;
    }
    const eventual = request.headers["consistencylevel"] === "eventual";
    const call = { method: request.method ?? "", url, eventual, body: parse(body), roles };
    const reply = replyOf(() => graph.answer(call, effect));
    send(reply.status, reply.body, reply.headers);
  }

  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response).catch(() => response.destroy());
  const server = createServer({ cert: at.cert, key: at.key }, answer);
  const connections = trackConnections(server);
  origin = await listen(server, at.address, options.port ?? 0);
  return {
    authority: origin,
    graph: origin,
    ca: at.ca,
    tenantId,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    company,
    app,
    entra: authority,
    requests,
    showing,
    fault: (fault) => faults.add(fault),
    expireTokens: () => authority.entra.expireTokens(),
    forgetDeltas: () => deltas.forget(),
    close: () => closed(server),
  };
}

/** Proves itself by the secret, and has the administrator's consent. */
const registration = (clientId: string, clientSecret: string): App => ({
  clientId,
  secrets: new Map([[clientSecret, "valid"]]),
  certificates: [],
  federated: [],
  redirectUris: new Set(),
  requested: ALL_ROLES,
  roles: new Set(ALL_ROLES),
});

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const LOOPBACK = { address: "127.0.0.1", ca, cert, key };

/** Answers the origin. */
async function listen(server: Server, address: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  const host = address === LOOPBACK.address ? "localhost" : address;
  return `https://${host}:${(server.address() as AddressInfo).port}`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Error("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
