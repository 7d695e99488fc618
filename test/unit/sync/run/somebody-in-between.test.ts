/** Answers that are no answer, over the wire, to what a person sees of them and to the list (issue 18, point 9). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Effect, RequestKind } from "../../../../dev/tenant/faults.ts";
import { createSmallWorld, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

const DAY_MS = 24 * 3_600_000;
const RFC9110 = "https://www.rfc-editor.org/rfc/rfc9110";
const PORTAL = "https://www.rfc-editor.org/rfc/rfc8952 (captive portals)";

let world: SmallWorld;
let round = 0;
beforeAll(async () => {
  world = await createSmallWorld({ company: peopleOf(3) });
  await world.ask("sync", "first");
});
afterAll(() => world.close());

const sync = () => {
  world.now += DAY_MS;
  world.tenant.expireTokens();
  return world.ask("sync", `round-${round++}`);
};
const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Effect => ({
  kind: "answer",
  status,
  headers,
  body: JSON.stringify(body),
});
const elsewhere = { Location: "https://portal.example/v1.0/users" };
/** A token with every role, as nobody should believe it with that status. */
const GIFT = { token_type: "Bearer", expires_in: 3600, access_token: "e30.e30.x" };

interface Row {
  readonly what: string;
  readonly source: string;
  readonly on: RequestKind;
  readonly effect: Effect;
}

const REDIRECTS = [301, 302, 303, 307, 308].flatMap((status): Row[] => [
  {
    what: `a redirect ${status} with JSON for a token`,
    source: `${RFC9110}#section-15.4`,
    on: "token",
    effect: json(status, { error: "invalid_client", error_codes: [7000215] }, elsewhere),
  },
  {
    what: `a redirect ${status} with a page of users`,
    source: `${RFC9110}#section-15.4`,
    on: "users",
    effect: json(status, { value: [] }, elsewhere),
  },
]);

const ROWS: readonly Row[] = [
  ...REDIRECTS,
  { what: "a part of a token", source: `${RFC9110}#section-15.3.7`, on: "token", effect: json(206, GIFT) },
  { what: "a part of a page", source: `${RFC9110}#section-15.3.7`, on: "users", effect: json(206, { value: [] }) },
  {
    what: "nothing, with success",
    source: `${RFC9110}#section-15.3.5`,
    on: "users",
    effect: { kind: "answer", status: 204, body: "" },
  },
  {
    what: "a page of HTML for a token",
    source: PORTAL,
    on: "token",
    effect: { kind: "answer", status: 200, headers: { "Content-Type": "text/html" }, body: "<html>Welcome</html>" },
  },
  {
    what: "a page of HTML for users",
    source: PORTAL,
    on: "users",
    effect: { kind: "answer", status: 200, headers: { "Content-Type": "text/html" }, body: "<html>Welcome</html>" },
  },
  {
    what: "the page of another collection",
    source: "issue 18, point 9",
    on: "users",
    effect: json(200, { "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups", value: [] }),
  },
  {
    what: "JSON that is no page",
    source: "issue 18, point 9",
    on: "users",
    effect: json(200, { status: "ok" }),
  },
  {
    what: "a policy's own JSON",
    source: "issue 18, point 9",
    on: "users",
    effect: json(403, { message: "blocked" }, { "request-id": "" }),
  },
  {
    what: "a link to the very page it stands on",
    source: "microsoftgraph/microsoft-graph-docs#2635",
    on: "users",
    effect: {
      kind: "edit",
      edit: (body) => ({ ...body, "@odata.nextLink": `${world.tenant.graph}/v1.0/users?$skiptoken=same` }),
    },
  },
];

describe("What somebody in between answers", () => {
  it.each(ROWS)("is no fault of a credential, and takes nothing away: $what ($source)", async ({ on, effect }) => {
    const before = world.accepted();
    const heal = world.tenant.fault({ on, effect });
    const { state, reason, message } = await sync();
    heal();
    expect(state).toBe("Failed");
    expect(reason).toMatch(/^(MalformedAnswer|PageTokenExpired|RequestRefused)$/);
    expect(message).not.toMatch(/secret|certificate|permission|consent/);
    expect(world.accepted()).toEqual(before);
    expect(world.tenant.requests.every(({ path }) => !path.includes("portal"))).toBe(true);
    expect(await sync()).toMatchObject({ state: "Succeeded" });
  });
});

describe("A directory that does not answer", () => {
  it.each<[what: string, source: string, on: RequestKind, effect: Effect]>([
    ["the directory is away, and not empty", "opnsense/core#10128", "users", { kind: "reset" }],
    ["Entra is away", "opnsense/core#10128", "token", { kind: "reset" }],
    ["half of a page arrives", "RFC 9112, section 8", "users", { kind: "truncate" }],
    ["half of a page arrives as if it were whole", "RFC 9112, section 6.3", "users", { kind: "halve" }],
    ["the service is in trouble", "https://learn.microsoft.com/graph/errors", "users", { kind: "status", status: 503 }],
  ])("takes nothing away: %s (%s)", async (_what, _source, on, effect) => {
    const before = world.accepted();
    const heal = world.tenant.fault({ on, effect });
    const { state, reason } = await sync();
    heal();
    expect(state).toBe("Failed");
    expect(reason).toMatch(/^(NetworkError|MalformedAnswer|ServiceUnavailable)$/);
    expect(world.accepted()).toEqual(before);
    expect(await sync()).toMatchObject({ state: "Succeeded" });
  });
});

describe("A link to the next page", () => {
  it("goes out as it came, in the order and number of its parameters", async () => {
    const link = "/v1.0/users?z=1&%24skiptoken=a%2Fb%2Bc%3D&$top=5&x=2&x=1&$select=id&a=%F0%9F%93%A7";
    const cancel = [
      world.tenant.fault({
        on: "users",
        times: 1,
        effect: { kind: "edit", edit: (body) => ({ ...body, "@odata.nextLink": `${world.tenant.graph}${link}` }) },
      }),
      world.tenant.fault({ on: "users", from: 2, times: 1, effect: json(200, { value: [] }) }),
    ];
    expect(await sync()).toMatchObject({ state: "Succeeded" });
    for (const each of cancel) each();
    expect(world.tenant.requests.map(({ path }) => path)).toContain(decodeURIComponent(link));
  });
});

describe("Retry-After", () => {
  const throttled = (retryAfter: string, times?: number) =>
    world.tenant.fault({
      on: "users",
      effect: { kind: "status", status: 429, code: "TooManyRequests", retryAfter },
      ...(times === undefined ? {} : { times }),
    });

  it.each([
    ["in words", "soon"],
    ["in the past", "Thu, 01 Jan 1970 00:00:00 GMT"],
    ["below zero", "-5"],
    ["of nothing", ""],
    ["of a fraction", "1.5"],
  ])("%s is no pause to honour, and the read goes on", async (_, retryAfter) => {
    const heal = throttled(retryAfter, 1);
    expect(await sync()).toMatchObject({ state: "Succeeded" });
    heal();
  });

  it.each([
    ["seconds", "99999999"],
    ["more seconds than a number holds", "9".repeat(400)],
    ["a date", "Fri, 31 Dec 9999 23:59:59 GMT"],
  ])("far in the future, in %s, is capped by a day and told", async (_, retryAfter) => {
    const heal = throttled(retryAfter);
    const { state, reason, message = "" } = await sync();
    heal();
    expect({ state, reason }).toEqual({ state: "Failed", reason: "Throttled" });
    expect(message).toContain("it asked for a longer pause than 24 hours");
    const [, until = ""] = /not before (\S+Z)/.exec(message) ?? [];
    expect(Date.parse(until)).toBeGreaterThan(world.now);
    expect(Date.parse(until)).toBeLessThanOrEqual(world.now + DAY_MS);
  });
});
