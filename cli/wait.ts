/** Asks the operator with an annotation and waits for its answer. */
import {
  ANNOTATION_APPROVE,
  ANNOTATION_SYNC,
  ANNOTATION_TEST_CONNECTION,
  ANNOTATION_TEST_SYNC,
} from "../src/api/group.ts";
import { O365_SYNC } from "../src/api/resources.ts";
import type { O365Sync, O365SyncStatus } from "../src/api/types.generated.ts";
import { ApiError } from "../src/runtime/types.ts";
import { CommandError } from "./command-error.ts";
import { printable } from "./output.ts";
import { getSync, missingRight, oneNamespace, type Session } from "./session.ts";

export type RequestKind = "sync" | "testSync" | "testConnection" | "approve";

export type Answer = NonNullable<NonNullable<O365SyncStatus["requests"]>[RequestKind]>;

const REQUESTS = {
  sync: { annotation: ANNOTATION_SYNC, handled: "handledSync" },
  testSync: { annotation: ANNOTATION_TEST_SYNC, handled: "handledTestSync" },
  testConnection: { annotation: ANNOTATION_TEST_CONNECTION, handled: "handledTestConnection" },
  approve: { annotation: ANNOTATION_APPROVE, handled: "handledApprove" },
} as const;

const LOOK_AGAIN_MS = 500;

export interface Waiting {
  readonly timeoutMs: number;
  /** Ask, and do not wait for the answer. */
  readonly noWait?: boolean | undefined;
}

/** Undefined with `noWait`. Throws CommandError when nobody answers in time. */
export async function ask(
  session: Session,
  name: string,
  kind: RequestKind,
  { timeoutMs, noWait, token }: Waiting & { readonly token?: string | undefined },
): Promise<{ readonly answer: Answer; readonly sync: O365Sync } | undefined> {
  const { annotation, handled } = REQUESTS[kind];
  const before = await getSync(session, name);
  const value = token ?? newToken(session.clock.now(), before.metadata.annotations?.[annotation]);
  if (before.status?.[handled] === value)
    throw new CommandError(`this was asked and answered before: ${answerOf(before, kind)}`);
  await annotate(session, name, annotation, value);
  if (noWait === true) return undefined;
  const sync = await waitFor(session, name, timeoutMs, ({ status }) => status?.[handled] === value);
  const answer = sync.status?.requests?.[kind];
  if (answer === undefined) throw new CommandError(`the operator answered, but ${name} has no answer in its status`);
  return { answer, sync };
}

function answerOf({ status }: O365Sync, kind: RequestKind): string {
  const { state, message } = status?.requests?.[kind] ?? {};
  return state === undefined ? "see the status" : `${state}: ${printable(message ?? "")}`;
}

/** Seconds, as `$(date +%s)`; a second request within the same second is another one all the same. */
function newToken(now: number, before: string | undefined): string {
  const seconds = String(Math.floor(now / 1000));
  return before === seconds || before?.startsWith(`${seconds}.`) ? `${seconds}.${Math.floor(now % 1000)}` : seconds;
}

async function annotate(session: Session, name: string, annotation: string, value: string): Promise<void> {
  const patch = { metadata: { annotations: { [annotation]: value } } };
  await change(session, name, patch);
}

/** A change that a person asked for. */
export async function change(session: Session, name: string, patch: object): Promise<void> {
  const namespace = oneNamespace(session);
  try {
    await session.client.patch(O365_SYNC, { namespace, name }, patch, { signal: session.signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 403)
      throw new CommandError(missingRight(O365_SYNC, namespace, "patch"));
    throw error;
  }
}

async function waitFor(
  session: Session,
  name: string,
  timeoutMs: number,
  isDone: (sync: O365Sync) => boolean,
): Promise<O365Sync> {
  const { clock, output, signal } = session;
  const until = clock.monotonic() + timeoutMs;
  let told = "";
  for (;;) {
    const sync = await getSync(session, name);
    if (isDone(sync)) return sync;
    const doing = describeProgress(sync);
    if (doing !== told) output.progress(doing);
    told = doing;
    if (clock.monotonic() >= until)
      throw new CommandError(
        `no answer within ${Math.round(timeoutMs / 1000)} s (${doing}); it is still asked for. Wait longer with --timeout, or look: kubectl mailsync doctor`,
      );
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** What the operator is at, as far as the status says. */
function describeProgress({ status }: O365Sync): string {
  const { phase, objects } =
    (status as { progress?: { phase?: string; objects?: number } } | undefined)?.progress ?? {};
  if (phase !== undefined) return `${phase.toLowerCase()}${objects === undefined ? "" : `, ${objects} objects so far`}`;
  const running = status?.lastSync !== undefined && status.lastSync.result === undefined;
  return running ? "the operator is at it" : "waiting for the operator";
}
