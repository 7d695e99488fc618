/** The kubectl commands that messages show: exactly what a person types next. */
import { GROUP } from "./group.ts";
import { planName } from "./names.ts";
import type { O365Sync } from "./types.generated.ts";

const annotate = (object: O365Sync, annotation: string, value: string): string =>
  `kubectl -n ${object.metadata.namespace} annotate o365syncs.${GROUP}/${object.metadata.name} ${GROUP}/${annotation}=${value} --overwrite`;

export const syncCommand = (object: O365Sync): string => annotate(object, "sync", "$(date +%s)");

export const approveCommand = (object: O365Sync, digest: string): string => annotate(object, "approve", digest);

export const planCommand = ({ metadata: { namespace, name } }: O365Sync): string =>
  `kubectl -n ${namespace} get configmap ${planName(name)} -o jsonpath='{.data.plan\\.txt}'`;
