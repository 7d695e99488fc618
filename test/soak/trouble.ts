/** What the soak does to the world, one small thing at a time: changes, faults, requests, kills. */
import type { Effect as ApiEffect, Faults } from "../../dev/apiserver/faults.ts";
import type { Effect, RequestKind } from "../../dev/tenant/faults.ts";
import type { World } from "../support/world.ts";

export interface Stage {
  readonly world: World;
  readonly faults?: Faults | undefined;
  readonly random: () => number;
  /** Takes the tenant's faults back. */
  readonly undo: (() => void)[];
  /** Kills the operator without a warning, and starts it again. */
  kill(): Promise<void>;
}

type Trouble = (stage: Stage, step: number) => Promise<void> | void;

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const KINDS: readonly RequestKind[] = ["token", "users", "groups", "contacts", "batch", "part"];
const STATUSES = [401, 403, 404, 429, 500, 502, 503, 504];

const tenantEffect = (random: () => number): Effect =>
  pick<() => Effect>(random, [
    () => ({ kind: "status", status: pick(random, STATUSES), code: "UnknownError" }),
    () => ({ kind: "status", status: 429, retryAfter: "1" }),
    () => ({ kind: "reset" }),
    () => ({ kind: "resetWithin" }),
    () => ({ kind: "truncate" }),
    () => ({ kind: "halve" }),
    () => ({ kind: "delay", ms: 300 }),
    () => ({ kind: "trickle", ms: 1 }),
    () => ({ kind: "edit", edit: ({ value: _, ...rest }) => rest }),
    () => ({ kind: "lose", lose: () => random() < 0.3 }),
    () => ({
      kind: "answer",
      status: 200,
      headers: { "Content-Type": "text/html" },
      body: "<html>Please sign in.</html>",
    }),
  ])();

const apiEffect = (random: () => number): ApiEffect =>
  pick<ApiEffect>(random, [
    { do: "conflict" },
    { do: "error" },
    { do: "drop" },
    { do: "reset" },
    { do: "throttle", retryAfterSeconds: 1 },
    { do: "delay", ms: 200 },
    { do: "expire" },
  ]);

/** Whose every address is left alone: the gateway must never miss one of them. */
export const isStaff = (address: string): boolean => !address.startsWith("soak.");

const leavers = ({ world }: Stage): string[] =>
  [...world.tenant.company.users.values()].map(({ mail }) => mail ?? "").filter((mail) => mail.startsWith("soak."));

const TROUBLES: readonly (readonly [weight: number, name: string, trouble: Trouble])[] = [
  [
    6,
    "hire",
    ({ world }, step) => void world.tenant.company.hire(`soak.${step}@example.com`, [`soak.a.${step}@example.com`]),
  ],
  [
    4,
    "leave",
    (stage) => {
      for (const mail of leavers(stage).slice(0, 2)) stage.world.tenant.company.remove(mail);
    },
  ],
  [
    2,
    "rename",
    (stage, step) => {
      for (const mail of leavers(stage).slice(-1))
        stage.world.tenant.company.rename(mail, `soak.r.${step}@example.com`);
    },
  ],
  [
    8,
    "tenant fault",
    ({ world, random, undo }) => {
      const from = 1 + Math.floor(random() * 3);
      const times = 1 + Math.floor(random() * 6);
      undo.push(world.tenant.fault({ on: pick(random, KINDS), from, times, effect: tenantEffect(random) }));
    },
  ],
  [
    8,
    "API server fault",
    ({ faults, random }) => {
      const path = pick(random, [
        /fieldManager=o365-sync-operator/,
        /watch=true/,
        /configmaps/,
        /o365syncs/,
        /secrets\/o365/,
      ]);
      faults?.add({
        agent: /^o365-sync-operator/,
        path,
        at: 1 + Math.floor(random() * 8),
        times: 1 + Math.floor(random() * 3),
        effect: apiEffect(random),
      });
    },
  ],
  [8, "sync", ({ world }, step) => world.annotate("sync", `soak-${step}`)],
  [2, "test sync", ({ world }, step) => world.annotate("test-sync", `soak-${step}`)],
  [1, "test connection", ({ world }, step) => world.annotate("test-connection", `soak-${step}`)],
  [
    1,
    "another number of shards",
    ({ world, random }) =>
      world.patch("o365syncs", "example-com", { spec: { output: { shards: pick(random, [1, 2, 4]) } } }),
  ],
  [
    1,
    "another history limit",
    ({ world, random }) =>
      world.patch("o365syncs", "example-com", { spec: { historyLimit: pick(random, [90, 95, 100]) } }),
  ],
  [1, "an expired token", ({ world }) => world.tenant.expireTokens()],
  [
    1,
    "a rotated Secret",
    async ({ world }, step) => {
      world.tenant.app.secrets.set(`secret-${step}`, "valid");
      await world.patch("secrets", "o365", { stringData: { clientSecret: `secret-${step}` } });
    },
  ],
  [3, "kill", (stage) => stage.kill()],
];

/** Each as often as it weighs. */
const HAT = TROUBLES.flatMap(([weight, name, trouble]) => Array.from({ length: weight }, () => ({ name, trouble })));

/** Makes one kind of trouble; answers which. `gentle`: the operator lives. */
export async function makeTrouble(stage: Stage, step: number, gentle: boolean): Promise<string> {
  const { name, trouble } = pick(stage.random, HAT);
  if (gentle && name === "kill") return "spared";
  await trouble(stage, step);
  return name;
}
