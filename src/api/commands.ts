/** The kubectl commands that messages show: exactly what a person types next. */
import { GROUP } from "./group.ts";
import { planName } from "./names.ts";
import type { O365Sync } from "./types.generated.ts";

/** What a shell takes as it stands, and a request as its token. */
const SAFE_VALUE = /^[A-Za-z0-9._:+-]{1,128}$/;

const annotate = (object: O365Sync, annotation: string, value: string): string =>
  `kubectl -n ${object.metadata.namespace} annotate o365syncs.${GROUP}/${object.metadata.name} ${GROUP}/${annotation}=${value} --overwrite`;

export const syncCommand = (object: O365Sync): string => annotate(object, "sync", "$(date +%s)");

export const testConnectionCommand = (object: O365Sync): string => annotate(object, "test-connection", "$(date +%s)");

/** A digest that is none never becomes part of a command that somebody pastes. */
export const approveCommand = (object: O365Sync, digest: string): string =>
  annotate(object, "approve", SAFE_VALUE.test(digest) ? digest : "DIGEST");

export const approveLine = (object: O365Sync, digest: string): string =>
  `to let it through: ${approveCommand(object, digest)}`;

export const planCommand = ({ metadata: { namespace, name } }: O365Sync): string =>
  `kubectl -n ${namespace} get configmap ${planName(name)} -o jsonpath='{.data.plan\\.txt}'`;
