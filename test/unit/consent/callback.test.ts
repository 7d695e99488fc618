/** The page that administrators come back to: what it believes, what it wakes, what it shows. */
import { describe, expect, it } from "vitest";
import { O365_SYNC } from "../../../src/api/resources.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { createCallback } from "../../../src/consent/callback.ts";
import { stateOf } from "../../../src/consent/state.ts";
import type { Answer } from "../../../src/observe/server.ts";
import { createScene, healthy, isToken, type Scene, tokenWith } from "../access/support.ts";

const FOREIGN = "99999999-aaaa-4bbb-8ccc-dddddddddddd";
const clientIdOf = ({ spec }: O365Sync): string | undefined => spec.credentials?.clientId;

interface Visit {
  readonly scene: Scene;
  readonly state: string;
  /** What was asked to be looked at. */
  readonly looks: string[];
  grant(): void;
  open(query: Record<string, string>): Promise<Answer & { verdict: string }>;
}

/** An O365Sync without consent, and the page as the operator serves it. */
async function createVisit(look?: (key: string) => Promise<void>): Promise<Visit> {
  let granted = false;
  const scene = await createScene({
    service: (call) => (isToken(call) && !granted ? { json: tokenWith(["User.Read.All"]) } : healthy(call)),
  });
  scene.annotate("test-connection", "1");
  await scene.settle();
  const looks: string[] = [];
  const callback = createCallback({
    objects: () => scene.cluster.store<O365Sync>(O365_SYNC).list(),
    read: () => scene.sync(),
    clientIdOf,
    async look(key) {
      looks.push(key);
      if (look !== undefined) return look(key);
      const done = scene.checks.ask(key);
      await scene.settle();
      await done;
    },
    clock: scene.deps.clock,
  });
  const object = await scene.sync();
  return {
    scene,
    state: stateOf(object, clientIdOf(object) ?? ""),
    looks,
    grant() {
      granted = true;
    },
    async open(query) {
      const answer = await callback(new URL(`http://localhost/consent?${new URLSearchParams(query).toString()}`));
      const [, verdict = ""] = /data-verdict="(\w+)"/.exec(answer.body) ?? [];
      return { ...answer, verdict };
    },
  };
}

describe("an administrator who comes back", () => {
  it("sees that access is verified, by a fresh token and not by the URL", async () => {
    const visit = await createVisit();
    visit.grant();
    const { status, body, verdict } = await visit.open({ admin_consent: "True", tenant: FOREIGN, state: visit.state });
    expect({ status, verdict }).toEqual({ status: 200, verdict: "granted" });
    expect(body).toContain("mail/example-com");
    expect(visit.looks).toEqual(["mail/example-com"]);
  });

  it("waits with a page that looks again, while no token shows it; then is told that it takes longer", async () => {
    const visit = await createVisit();
    const query = { admin_consent: "True", state: visit.state };
    const first = await visit.open(query);
    expect(first.verdict).toBe("waiting");
    expect(first.body).toContain('<meta http-equiv="refresh" content="10">');
    expect(first.body).toContain("So far: the token lacks GroupMember.Read.All, OrgContact.Read.All;");
    await visit.scene.deps.clock.advance(3 * 60_000);
    const last = await visit.open(query);
    expect(last.verdict).toBe("notYet");
    expect(last.body).not.toContain("http-equiv");
    visit.grant();
    await visit.scene.deps.clock.advance(60_000);
    expect((await visit.open(query)).verdict).toBe("granted");
  });

  it.each([
    { query: { error: "consent_required", error_description: "AADSTS65004: no" }, shows: "(AADSTS65004)" },
    { query: { error: "permission_denied", error_description: "The admin canceled" }, shows: "(permission_denied)" },
    { query: { error: "", error_description: "" }, shows: "not completed. Nothing" },
  ])("with $query.error is told so, whatever admin_consent says", async ({ query, shows }) => {
    const visit = await createVisit();
    visit.grant();
    const { verdict, body } = await visit.open({ ...query, admin_consent: "True", state: visit.state });
    expect(verdict).toBe("refused");
    expect(body).toContain(shows);
    expect(visit.looks).toEqual([]);
  });
});

describe("a callback that is forged", () => {
  const uid = "0f0e0d0c-1111-4222-8333-444455556666";
  it.each<[name: string, state: (own: string) => string | undefined]>([
    ["without a state", () => undefined],
    ["with an empty one", () => ""],
    ["with a guessed uid", () => `${uid}.0123456789abcdef`],
    ["with the name of the object", () => "mail/example-com"],
    ["with another tenant's half", (own) => `${own.split(".")[0]}.0123456789abcdef`],
    ["with more behind it", (own) => `${own}.x`],
    ["with a prefix", (own) => own.slice(0, -1)],
    ["of great length", (own) => own + "x".repeat(8000)],
    ["that is no state at all", () => '__proto__"><script>alert(1)</script>'],
  ])("%s wakes nothing and learns nothing", async (_, forge) => {
    const visit = await createVisit();
    visit.grant();
    const state = forge(visit.state);
    const { verdict, body } = await visit.open({ admin_consent: "True", ...(state === undefined ? {} : { state }) });
    expect(verdict).toBe("expired");
    expect(visit.looks).toEqual([]);
    expect(body).not.toMatch(/example-com|6f1c0f2e|<script/);
  });

  it("with the right state grants nothing that the tenant did not", async () => {
    const visit = await createVisit();
    await visit.open({ admin_consent: "True", tenant: FOREIGN, state: visit.state });
    const { status, spec } = await visit.scene.sync();
    expect(status?.conditions?.find(({ type }) => type === "Authorized")).toMatchObject({ status: "False" });
    expect(spec.tenantId).not.toBe(FOREIGN);
  });

  it("that is replayed costs one token in 10 seconds, and 60 in an hour", async () => {
    const visit = await createVisit();
    const tokens = (): number => visit.scene.calls.filter(isToken).length;
    const before = tokens();
    for (let n = 0; n < 20; n++) await visit.open({ admin_consent: "True", state: visit.state });
    expect(tokens() - before).toBe(1);
    // Fifty minutes of loading it every 10 seconds.
    for (let n = 0; n < 300; n++) {
      await visit.scene.deps.clock.advance(10_000);
      await visit.open({ admin_consent: "True", state: visit.state });
    }
    expect(tokens() - before).toBeLessThanOrEqual(60 + 5);
  });

  it("that is replayed after the object asks for another tenant is expired", async () => {
    const visit = await createVisit();
    visit.scene.cluster.edit(O365_SYNC, { namespace: "mail", name: "example-com" }, ({ spec }) => {
      spec.tenantId = FOREIGN;
    });
    expect((await visit.open({ admin_consent: "True", state: visit.state })).verdict).toBe("expired");
  });

  it("that echoes markup shows none of it", async () => {
    const visit = await createVisit();
    const evil = "<img src=x onerror=alert(1)>";
    const { body } = await visit.open({ error: evil, error_description: evil, state: evil, tenant: evil });
    expect(body).not.toContain("<img");
    expect(body).not.toContain("onerror");
  });
});

describe("the page", () => {
  it("lets nothing in and nothing out, and is never kept", async () => {
    const visit = await createVisit();
    const { headers = {}, body, contentType } = await visit.open({});
    expect(contentType).toBe("text/html; charset=utf-8");
    expect(headers["Content-Security-Policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({ "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
    expect(body).not.toMatch(/<script|https?:\/\/|src=|style="/);
  });

  it("escapes what an object says", async () => {
    const visit = await createVisit(() => Promise.resolve());
    visit.scene.cluster.edit(O365_SYNC, { namespace: "mail", name: "example-com" }, ({ status }) => {
      if (status !== undefined) status.domain = `<b>&"'`;
    });
    const { body } = await visit.open({ admin_consent: "True", state: visit.state });
    expect(body).toContain("&lt;b&gt;&amp;&quot;&#39;");
  });

  it("shows what stands where nobody leads", async () => {
    const visit = await createVisit(() => Promise.resolve());
    expect((await visit.open({ admin_consent: "True", state: visit.state })).verdict).toBe("waiting");
  });
});
