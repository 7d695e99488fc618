/** Public reports of directory syncs: what people met there, and what becomes of it here (issue 18). */
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";

/** What a simulated tenant says of an object beside its addresses. */
export type Properties = Readonly<Record<string, unknown>>;

export interface ReportedObject extends DirectoryObject {
  readonly properties?: Properties;
}

const of =
  (source: Source) =>
  (id: string, mail: string | null, ...proxyAddresses: string[]): ReportedObject => ({
    id,
    source,
    mail,
    proxyAddresses,
  });
export const user = of("users");
export const group = of("groups");
export const contact = of("contacts");
export const like = (object: ReportedObject, properties: Properties): ReportedObject => ({ ...object, properties });

export interface Report {
  /** Issues and pull requests are named by repository and number on GitHub. */
  readonly source: string;
  readonly met: string;
  readonly objects: readonly ReportedObject[];
  readonly excludeRecords?: readonly string[];
  readonly staticRecipients?: readonly string[];
  /** "primary + alias alias". */
  readonly accounts: readonly string[];
  /** "reason address" of what is left out. */
  readonly leftOut?: readonly string[];
}

/** Of every report. */
export const REPORT_NAMES = {
  domain: "example.com",
  aliasDomains: [{ name: "example.net", recipients: "Directory" }],
} as const;
