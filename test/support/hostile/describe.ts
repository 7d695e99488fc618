/** What `kubectl describe` shows of a sync when a tenant or an API server misbehaves, without what differs from run to run. */

import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { KubeEvent } from "../../../src/runtime/kube.ts";
import { describeObject } from "../describe.ts";
import type { World } from "../world.ts";

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)/g, "<time>"],
  [/request-id [0-9a-f-]{36}/g, "request-id <id>"],
  [/localhost(:|%3A)\d+/g, "<host>"],
  [/\b[0-9a-f]{20}\b/g, "<digest>"],
  [/system:serviceaccount:[\w:-]+/g, "system:serviceaccount:<operator>"],
  [/sha256:[0-9a-f]{64}/g, "sha256:<digest>"],
];

export function mask(text: string, { namespace }: Pick<World, "namespace">): string {
  return MASKS.reduce((masked, [pattern, put]) => masked.replaceAll(pattern, put), text).replaceAll(namespace, "mail");
}

/** The parts of the description that tell what happened, why, and what comes next. */
export function describeSync(
  world: World,
  { metadata, kind, status = {} }: O365Sync,
  events: readonly KubeEvent[],
): string {
  const { conditions = [], lastSync, held, retry, lastSuccessfulTime, schedule } = status;
  const shown = {
    name: metadata.name,
    namespace: metadata.namespace,
    kind,
    status: {
      conditions: conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
      ...(held === undefined ? {} : { held }),
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
      ...(lastSync === undefined ? {} : { lastSync }),
      ...(retry === undefined ? {} : { retry }),
      schedule: {
        ...(schedule?.nextTime === undefined ? {} : { nextTime: schedule.nextTime }),
        summary: schedule?.summary,
      },
    },
  };
  return mask(describeObject(shown, events), world);
}
