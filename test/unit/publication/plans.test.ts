/** The ConfigMap of plans: what is held stands there as it was shown, whatever was held before it. */
import { expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { inSlices } from "../../../src/base/slices.ts";
import type { ConfigMaps } from "../../../src/publication/configmaps.ts";
import { createPlans } from "../../../src/publication/plans.ts";
import type { Proposal } from "../../../src/publication/proposal.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { createRandom } from "../../support/random.ts";

const { signal } = new AbortController();
const [A, B] = ["a".repeat(20), "b".repeat(20)];
/** Two of them are more than one ConfigMap holds: their addresses are of no order that could be packed. */
const ACCOUNTS = 45_000;

function createPlace() {
  let stands: { binaryData?: Readonly<Record<string, string>> } | undefined;
  const maps = {
    read: () => Promise.resolve(stands && { object: stands, metadata: {} }),
    put: (_: O365Sync, content: object) => {
      stands = content;
      return Promise.resolve();
    },
    remove: () => {
      stands = undefined;
      return Promise.resolve();
    },
  };
  return { ...createPlans(maps as unknown as ConfigMaps), isThere: () => stands !== undefined };
}

async function proposalOf(accounts: number, digest: string): Promise<Proposal> {
  const random = createRandom(accounts);
  const changes = Array.from({ length: accounts }, (_, index) => ({
    kind: "accountDelete" as const,
    address: `${random().toString(36).slice(2)}${index}@example.com`,
  }));
  const plan = await inSlices(planOf(changes as never), signal);
  return { plan, mirrors: [], lost: createAddressSet(), lostCount: accounts, digest };
}

const object = (held?: object): O365Sync =>
  ({ metadata: { namespace: "mail", name: "a" }, spec: {}, status: { held } }) as unknown as O365Sync;
const head = (line: string) => ({ isHeld: true, title: "held: nothing was published", lines: [line] });

it("A large plan that is held takes the place of the large one before it", async () => {
  const plans = createPlace();
  const [first, second] = [await proposalOf(ACCOUNTS, A), await proposalOf(ACCOUNTS + 5, B)];
  const before = { planDigest: A, planSha256: await plans.save(object(), first, head("x"), signal) };
  expect((await plans.shown(object(before), signal))?.digest).toBe(A);
  const after = { planDigest: B, planSha256: await plans.save(object(before), second, head("x"), signal) };
  expect((await plans.shown(object(after), signal))?.digest).toBe(B);
});

it("The same large plan, held again with another text, stands as it was shown last", async () => {
  const plans = createPlace();
  const plan = await proposalOf(ACCOUNTS, A);
  const before = { planDigest: A, planSha256: await plans.save(object(), plan, head("x"), signal) };
  const after = { planDigest: A, planSha256: await plans.save(object(before), plan, head("y"), signal) };
  expect((await plans.shown(object(after), signal))?.digest).toBe(A);
});

it.each([
  ["that a test sync looked at stays", false],
  ["that was held, by a process that died before the status named it, goes", true],
])("Once nothing is held any more, another plan %s", async (_, isHeld) => {
  const plans = createPlace();
  const before = { planDigest: A, planSha256: await plans.save(object(), await proposalOf(10, A), head("x"), signal) };
  await plans.save(object(before), await proposalOf(11, B), { ...head("y"), isHeld }, signal);
  await plans.clear(object(before), signal);
  expect(plans.isThere()).toBe(!isHeld);
});
