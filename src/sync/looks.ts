/** Looks at the cluster that few objects need: after a conflict, and after a restore. */

import { accountsName, planName, tableName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import type { HistoryWriter } from "../publication/history-writer.ts";
import type { Manifest, Publication } from "../publication/manifest.ts";
import type { HandledTokens, RequestKind } from "../publication/run-records.ts";
import { pendingRequests, requestType } from "./decide/requests.ts";

/**
 * Throws Failure ConfigMapConflict while a foreign ConfigMap has one of the names that a publication needs. It carries no
 * label of ours, so no event tells that it is gone.
 */
export async function refuseForeign(
  maps: ConfigMaps,
  object: O365Sync,
  current: Publication | undefined,
  signal: AbortSignal,
): Promise<void> {
  const sync = object.metadata.name;
  const { shards } = object.spec.output;
  await maps.look(object, planName(sync), "plan", signal);
  for (let index = 0; index < shards; index++)
    await maps.look(object, tableName(sync, shards, index), "recipients", signal);
  for (let index = 0; index < (current?.chunks ?? 1); index++)
    await maps.look(object, accountsName(sync, index), "accounts", signal);
}

/**
 * The tokens that manifest and history know as handled. Asked for only where an annotation asks for something and the
 * status never answered one of its kind, nor tells of any sync: the object may have come back from a backup, which has no
 * status. Of one that has it nothing is believed: whoever may write there could have an approval go by without an answer.
 */
export async function findHandled(
  { histories }: { readonly histories: Pick<HistoryWriter, "list"> },
  object: O365Sync,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<HandledTokens> {
  const status = object.status ?? {};
  if (status.lastSync !== undefined) return {};
  const isNew = pendingRequests(object).some(({ kind }) => {
    const asked = status.requests?.[kind];
    return status[requestType(kind).handled] === undefined && asked === undefined;
  });
  if (!isNew) return {};
  const handled = new Map<RequestKind, string[]>();
  for (const { request, token } of await histories.list(object, signal))
    if (request !== undefined && token !== undefined) handled.set(request, [...(handled.get(request) ?? []), token]);
  for (const [kind, token] of Object.entries(manifest.handled ?? {}) as [RequestKind, string][])
    handled.set(kind, [...(handled.get(kind) ?? []), token]);
  return Object.fromEntries(handled);
}
