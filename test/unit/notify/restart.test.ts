/** The process dies at every single call: each run is told at least once, and always under the same Message-ID. */
import { describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import type { Clock } from "../../../src/base/deps.ts";
import type { Directory } from "../../../src/directory/types.ts";
import type { Mail } from "../../../src/notify/mailer.ts";
import { createNotifier } from "../../../src/notify/notifier.ts";
import { SECRET } from "../../../src/runtime/kube.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { createMemoryCluster } from "../../support/memory-cluster.ts";
import { createMemoryOperator, domainSpec, SILENT, syncSpec } from "../../support/memory-operator.ts";
import { NO_FEED } from "../../support/no-feed.ts";

const KEY = { namespace: "mail", name: "example-com" };
class Died extends Error {}

const directory: Directory = {
  authorize: () => Promise.resolve({ roles: [], missing: [] }),
  verifiedDomains: () => Promise.resolve(["example.com"]),
  read({ onObject }) {
    onObject({ id: "1", source: "users", mail: "ada@example.com", proxyAddresses: [] });
    return Promise.resolve({ users: 1, groups: 0, contacts: 0, requests: 1 });
  },
  sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
  feed: NO_FEED,
  findHolders: () => Promise.resolve({ held: new Set(), unanswered: new Set() }),
  confirm: () => Promise.resolve(new Map()),
};

/** Everything that leaves the process passes `through`: calls to the API server, and mails. */
async function tell(at: number, when: "before" | "after") {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const cluster = createMemoryCluster(() => now);
  const mails: Mail[] = [];
  let calls = 0;
  let dies = true;
  async function through<T>(call: () => Promise<T>): Promise<T> {
    calls++;
    // Whatever is caught on the way: nothing leaves a process that is dead.
    const number = dies ? calls : 0;
    if (number > at || (number === at && when === "before")) throw new Died();
    const [settled] = await Promise.allSettled([call()]);
    if (number === at) throw new Died();
    if (settled.status === "rejected") throw settled.reason;
    return settled.value;
  }
  const { client } = cluster;
  const mortal: Client = {
    ...client,
    get: (...call) => through(() => client.get(...call)),
    create: (...call) => through(() => client.create(...call)),
    replace: (...call) => through(() => client.replace(...call)),
    patch: (...call) => through(() => client.patch(...call)),
    delete: (...call) => through(() => client.delete(...call)),
  };
  const start = () => {
    const mailer = {
      send: (mail: Mail) =>
        through(() => {
          mails.push(mail);
          return Promise.resolve({ kind: "accepted", deferred: [], refused: 0, message: "taken" } as const);
        }),
      close: () => {},
    };
    const notifier = createNotifier({ mailer, allowedDomains: [], idDomain: "example.com", mailsPerHour: 500, clock });
    return createMemoryOperator({ cluster, client: mortal, directory, clock, random: () => 0.5, notifier }).sync;
  };
  const spec = syncSpec("example-com", { notifications: { enabled: true, recipients: ["ops@example.com"] } });
  await client.create(SECRET, { metadata: { ...KEY, name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
  await client.create<MailDomain>(MAIL_DOMAIN, { metadata: { ...KEY }, spec: domainSpec() });
  const metadata = { ...KEY, annotations: { "o365sync.dev/sync": "1" } };
  await client.create<O365Sync>(O365_SYNC, { metadata, spec });

  let reconcile = start();
  for (let round = 0; round < 40; round++) {
    now += 1000;
    try {
      const context = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };
      const { requeueAfterMs } = await reconcile("mail/example-com", context);
      if (requeueAfterMs === undefined) break;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      dies = false;
      reconcile = start();
    }
  }
  return { mails, calls, died: !dies, status: cluster.store<O365Sync>(O365_SYNC).get("mail/example-com")?.status };
}

describe("A process that dies", async () => {
  const { calls, mails: quiet } = await tell(Number.POSITIVE_INFINITY, "before");
  const places = Array.from({ length: calls }, (_, index) => index + 1);

  it("never: one mail for one run", () => {
    expect(quiet).toHaveLength(1);
  });

  it.each(["before", "after"] as const)("%s any call is carried out leaves no run untold", async (when) => {
    let twice = 0;
    for (const at of places) {
      const { mails, died, status } = await tell(at, when);
      expect(died).toBe(true);
      expect(status?.lastSync?.result).toBeDefined();
      expect(status?.notifications).toMatchObject({ pending: [], last: { result: "Sent" } });
      const subjects = [...new Set(mails.map(({ messageId }) => messageId))];
      expect(subjects).toHaveLength(1);
      twice += mails.length - 1;
    }
    // Only a death between the server's "taken" and the note of it repeats the mail.
    expect(twice).toBeLessThanOrEqual(2);
  });
});
