/** Who of an object's recipients may get its mails. Pure. */

export interface AllowedRecipients {
  /** In lower case where the domain is concerned, each once. */
  readonly accepted: readonly string[];
  /** How many were left out, by reason. */
  readonly invalid: number;
  readonly notAllowed: number;
}

/** RFC 5321's dot-atom and a host name: what the schema accepts too, but an object may be older than the schema. */
const ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

export function isAddress(text: string): boolean {
  return text.length <= 254 && text.indexOf("@") <= 64 && ADDRESS.test(text);
}

/** AllowedRecipients one by one, so that one bad address does not lose the others. No allowed domains: all are. */
export function judgeRecipients(recipients: readonly string[], allowedDomains: readonly string[]): AllowedRecipients {
  const accepted = new Map<string, string>();
  let invalid = 0;
  let notAllowed = 0;
  for (const recipient of recipients) {
    const at = recipient.lastIndexOf("@");
    const domain = recipient.slice(at + 1).toLowerCase();
    if (!isAddress(recipient)) invalid++;
    else if (allowedDomains.length > 0 && !allowedDomains.includes(domain)) notAllowed++;
    else {
      const address = `${recipient.slice(0, at)}@${domain}`;
      if (!accepted.has(address.toLowerCase())) accepted.set(address.toLowerCase(), address);
    }
  }
  return { accepted: [...accepted.values()], invalid, notAllowed };
}
