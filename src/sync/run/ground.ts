/** Looks at what a publication stands on once more before its first write: a run may have taken half an hour. */

import { MAIL_DOMAIN, O365_SYNC } from "../../api/resources.ts";
import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { namesOf } from "../../publication/publication.ts";
import { find } from "../../runtime/find.ts";
import type { Client } from "../../runtime/types.ts";
import { wantsAdditions } from "../additions/poll-times.ts";

/** What was planned stands on nothing any more; nothing of it was written. */
export class GroundGone extends Error {
  override readonly name = "GroundGone";

  constructor(
    /** Deleted or made anew: nothing may be said in its name. */
    readonly what: "gone" | "suspended" | "changed",
  ) {
    super(`the object is ${what}`);
  }
}

/** What a person is told of it; undefined where there is no object to say it of. */
export function groundFailure({ what }: GroundGone): Failure | undefined {
  if (what === "gone") return undefined;
  return what === "suspended"
    ? new Failure("wait", "Suspended", "spec.suspend was set to true while the run was under way; nothing was saved")
    : new Failure(
        "retry",
        "SpecChanged",
        "the spec or its MailDomain was changed while the run was under way; nothing was saved, sync again",
      );
}

/** Throws GroundGone. `object` and `domain` are what the plan was made for; `isAddition`: it was found between syncs. */
export async function lookAgain(
  client: Client,
  { object, domain }: { readonly object: O365Sync; readonly domain: MailDomain },
  signal: AbortSignal,
  isAddition: boolean,
): Promise<void> {
  const { namespace = "", name, uid } = object.metadata;
  const found = await find(client, O365_SYNC, { namespace, name }, { signal });
  if (found === undefined || found.metadata.uid !== uid || found.metadata.deletionTimestamp !== undefined)
    throw new GroundGone("gone");
  if (found.spec.suspend && !object.spec.suspend) throw new GroundGone("suspended");
  if (isAddition && !wantsAdditions(found)) throw new GroundGone("changed");
  if (planned(found) !== planned(object)) throw new GroundGone("changed");
  const key = { namespace, name: object.spec.domainRef.name };
  const now = await find(client, MAIL_DOMAIN, key, { signal });
  if (now === undefined || now.metadata.uid !== domain.metadata.uid) throw new GroundGone("changed");
  const same = now.metadata.generation === domain.metadata.generation || listed(now) === listed(domain);
  if (!same) throw new GroundGone("changed");
}

/** All of a spec that a plan depends on: when and how often it runs, and who hears of it, changes no list. */
function planned({ spec }: O365Sync): string {
  const { schedule: _when, notifications: _who, historyLimit: _kept, suspend: _whether, ...rest } = spec;
  return JSON.stringify(rest);
}

const listed = (domain: MailDomain): string => JSON.stringify([domain.spec.serverType, namesOf(domain)]);
