/** What the people of a cluster, and the cluster itself, put in the way. */
import { hireAtSlot } from "./hire.ts";
import type { Chapter, Row, Stage } from "./row.ts";

type Kind = "quota" | "policy" | "webhook" | "webhookDown";

/** A quota meets only what is new. */
async function otherShards({ world }: Stage): Promise<void> {
  const { spec } = await world.sync();
  await world.patch("o365syncs", "example-com", { spec: { output: { shards: spec.output?.shards === 2 ? 1 : 2 } } });
}

const inTheWay = (
  kind: Kind,
  cause: string,
  row: Pick<Row, "says" | "words" | "stalled" | "cure" | "after">,
): Row[] => [
  {
    ...row,
    cause,
    play: async (stage) => {
      if (kind === "quota") await otherShards(stage);
      const takeAway = await stage.obstacles[kind](stage.world.namespace);
      await hireAtSlot(stage, "newcomer");
      return takeAway;
    },
  },
  {
    ...row,
    cause: `${cause}, before the first sync`,
    first: true,
    play: (stage) => stage.obstacles[kind](stage.world.namespace),
  },
];

const right = (resource: string, verb: string): Row => ({
  cause: `the right to ${verb} ${resource} taken away`,
  says: "Forbidden",
  words: `cannot ${verb} resource "${resource}"`,
  stalled: true,
  cure: "bind the chart's role again",
  after: "10 minutes",
  play: async (stage) => {
    const takeAway = await stage.identity.withhold(resource, verb, stage.world.namespace);
    await hireAtSlot(stage, "newcomer");
    return takeAway;
  },
});

export const cluster: Chapter = {
  title: "The cluster",
  rows: [
    ...inTheWay("quota", "a ResourceQuota that is used up", {
      says: "QuotaExceeded",
      words: "exceeded quota: few, requested: count/configmaps=1",
      stalled: true,
      cure: "raise it",
      after: "10 minutes",
    }),
    ...inTheWay("policy", "a ValidatingAdmissionPolicy that denies", {
      says: "AdmissionDenied",
      words: "denied request: ask the administrator before you store lists",
      stalled: true,
      cure: "exempt the operator, or take the policy away",
      after: "10 minutes",
    }),
    ...inTheWay("webhook", "an admission webhook that denies", {
      says: "AdmissionDenied",
      words: 'admission webhook "lists.example.com" denied the request: lists are not wanted here',
      stalled: true,
      cure: "exempt the operator, or take the webhook away",
      after: "10 minutes",
    }),
    ...inTheWay("webhookDown", "an admission webhook that is down", {
      says: "AdmissionUnavailable",
      words: 'failed calling webhook "lists.example.com"',
      cure: "mend it, or take it away",
      after: "10 minutes",
    }),
    right("secrets", "get"),
    right("configmaps", "get"),
    right("configmaps", "update"),
    {
      ...right("configmaps", "update"),
      of: "MailDomain",
      cause: "the right to update configmaps taken away, and the inbound servers changed",
      play: async (stage) => {
        const takeAway = await stage.identity.withhold("configmaps", "update", stage.world.namespace);
        await stage.world.patch("maildomains", "example-com", { spec: { deliveryPort: 2525 } });
        return takeAway;
      },
    },
  ],
};
