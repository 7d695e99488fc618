/** How many mails may leave within an hour: for an object, for a namespace, and for the installation. */
import { HOUR_MS } from "../base/time.ts";

export interface MailBudget {
  /** Why the object `namespace/name` may send none now; undefined: it may. Times are monotonic. */
  refusal(object: string, now: number): string | undefined;
  /** One was sent. What never reached the server counts for nothing. */
  sent(object: string, now: number): void;
}

/** Of one object; it has at most 60 manual runs and a few slots an hour. */
const MOST_OF_OBJECT = 20;

/** One namespace leaves half of them to the others. */
export function createMailBudget(mostOfAll: number): MailBudget {
  /** Mails of the last hour, oldest first; no more than `mostOfAll`. */
  let sent: { readonly object: string; readonly namespace: string; readonly at: number }[] = [];
  const mostOfNamespace = Math.ceil(mostOfAll / 2);
  return {
    refusal(object, now) {
      const [namespace = ""] = object.split("/");
      sent = sent.filter(({ at }) => at > now - HOUR_MS);
      const full = (what: string, most: number): string =>
        `${what} has sent its ${most} mails of this hour; the mail waits for the next`;
      if (sent.filter((mail) => mail.object === object).length >= MOST_OF_OBJECT)
        return full("this object", MOST_OF_OBJECT);
      if (sent.filter((mail) => mail.namespace === namespace).length >= mostOfNamespace)
        return full("this namespace", mostOfNamespace);
      if (sent.length >= mostOfAll) return full("the installation (--mails-per-hour)", mostOfAll);
      return undefined;
    },
    sent(object, now) {
      const [namespace = ""] = object.split("/");
      sent.push({ object, namespace, at: now });
    },
  };
}
