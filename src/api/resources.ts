/** How the API server addresses this project's kinds. */

import type { ResourceType } from "../runtime/kube.ts";
import { GROUP, VERSION } from "./group.ts";
import type { MailDomain, O365Sync } from "./types.generated.ts";

export const MAIL_DOMAIN: ResourceType<MailDomain> = {
  group: GROUP,
  version: VERSION,
  plural: "maildomains",
  kind: "MailDomain",
  namespaced: true,
};
export const O365_SYNC: ResourceType<O365Sync> = {
  group: GROUP,
  version: VERSION,
  plural: "o365syncs",
  kind: "O365Sync",
  namespaced: true,
};
