/** The API server as the caller may use it, and the objects that commands look at. */
import { MAIL_DOMAIN, O365_SYNC } from "../src/api/resources.ts";
import { soundDomain, soundSync } from "../src/api/sound-status.ts";
import type { MailDomain, O365Sync } from "../src/api/types.generated.ts";
import type { Clock } from "../src/base/deps.ts";
import { CONFIG_MAP, type ConfigMap, type KubeObject, type ResourceType } from "../src/runtime/kube.ts";
import { ApiError, type Client } from "../src/runtime/types.ts";
import { CommandError } from "./command-error.ts";
import type { Format, Output, Streams } from "./output.ts";

/** kubectl's own flags. */
export interface GlobalOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly output?: Format;
}

export interface Session {
  readonly client: Client;
  /** Its base URL. */
  readonly server: string;
  /** Where to look; undefined: in all namespaces. */
  readonly namespace: string | undefined;
  /** The namespace that kubectl would take: that of the context, or `default`. */
  readonly ownNamespace: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly streams: Streams;
}

/** A list may be long; the API server hands it out in pages of this many. */
const PAGE = 500;

/** Every object of a kind in the session's namespace, or in all of them. */
export async function listAll<T extends KubeObject>(
  { client, namespace, signal }: Session,
  type: ResourceType<T>,
  options: { readonly labelSelector?: string; readonly limit?: number } = {},
): Promise<T[]> {
  const found: T[] = [];
  let next: string | undefined;
  do {
    const page = await told(type, namespace, "list", () =>
      client.list(type, {
        signal,
        limit: options.limit ?? PAGE,
        ...(namespace === undefined ? {} : { namespace }),
        ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
        ...(next === undefined ? {} : { continue: next }),
      }),
    );
    found.push(...page.items);
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
  return found;
}

/** As the operator reads them: without what somebody left in a status that does not fit it. */
export const listSyncs = async (session: Session): Promise<O365Sync[]> =>
  (await listAll(session, O365_SYNC)).map((sync) => soundSync(sync).object);
export const listDomains = async (session: Session): Promise<MailDomain[]> =>
  (await listAll(session, MAIL_DOMAIN)).map((domain) => soundDomain(domain).object);

/** Throws CommandError where there is none, with those that there are. */
export async function getSync(session: Session, name: string): Promise<O365Sync> {
  const namespace = oneNamespace(session);
  const found = await find(session, O365_SYNC, namespace, name);
  if (found !== undefined) return soundSync(found).object;
  const others = (await listAll({ ...session, namespace }, O365_SYNC)).map(({ metadata }) => metadata.name);
  const known = others.length === 0 ? "there is none" : `there are: ${others.slice(0, 10).join(", ")}`;
  throw new CommandError(`no O365Sync ${name} in the namespace ${namespace}; ${known}`);
}

export function oneNamespace({ namespace }: Session): string {
  if (namespace === undefined) throw new CommandError("-A names no single object; use -n NAMESPACE");
  return namespace;
}

export const getConfigMap = (session: Session, namespace: string, name: string): Promise<ConfigMap | undefined> =>
  find(session, CONFIG_MAP, namespace, name);

export async function find<T extends KubeObject>(
  { client, signal }: Session,
  type: ResourceType<T>,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  try {
    return await told(type, namespace, "get", () => client.get(type, { namespace, name }, { signal }));
  } catch (error) {
    if (error instanceof ApiError && error.notFound) return undefined;
    throw error;
  }
}

/** Says which API server it is that does not answer: mostly another context was meant. */
export async function reaching<T>({ server }: Session, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 0)) throw error;
    throw new CommandError(
      `the API server ${server} does not answer (${error.reason}); is it up, and is this the right context (--context, --kubeconfig)?`,
    );
  }
}

/** Says which right is missing, and whether the kind is there at all. */
async function told<T>(
  type: ResourceType<KubeObject>,
  namespace: string | undefined,
  verb: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) throw new CommandError(missingRight(type, namespace, verb));
    if (error.notFound && type.group !== "" && verb === "list")
      throw new CommandError(
        `the API server knows no ${type.plural}.${type.group}; the CRDs of o365-sync-operator are not installed`,
      );
    throw error;
  }
}

export function missingRight(type: ResourceType<KubeObject>, namespace: string | undefined, verb: string): string {
  const what = `${type.plural}${type.group === "" ? "" : `.${type.group}`}`;
  const where = namespace === undefined ? "in all namespaces" : `in the namespace ${namespace}`;
  return `you may not ${verb} ${what} ${where}; ask for that right (kubectl auth can-i ${verb} ${what}${namespace === undefined ? " -A" : ` -n ${namespace}`})`;
}
