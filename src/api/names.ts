/** What the ConfigMaps of an O365Sync and of a MailDomain are called. */

export const manifestName = (sync: string): string => `${sync}-manifest`;
export const historyName = (sync: string): string => `${sync}-history`;
export const leftOutName = (sync: string): string => `${sync}-left-out`;
export const planName = (sync: string): string => `${sync}-plan`;
/** One of those that hold what the last publications changed. */
export const changesName = (sync: string, index: number): string => `${sync}-changes-${index}`;
export const accountsName = (sync: string, index: number): string => `${sync}-accounts-${index}`;
/** Named by its content too: a piece is never overwritten. */
export const journalName = (sync: string, sha256: string, index: number): string =>
  `${sync}-journal-${sha256.slice("sha256:".length, "sha256:".length + 10)}-${index}`;
export const tableName = (sync: string, shards: number, index: number): string =>
  shards === 1 ? `${sync}-recipients` : `${sync}-recipients-${shards}-${index}`;

/** The routing ConfigMap of a MailDomain. */
export const routingName = (domain: string): string => `${domain}-routing`;
