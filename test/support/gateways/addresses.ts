/** Addresses as clients write them: right ones in odd forms, and ones that are nearly right. */
import { createRandom } from "../random.ts";

/** As senders type them: upper case, and every other letter upper case. */
export function inAnyCase(addresses: readonly string[]): string[] {
  const mixed = (text: string): string =>
    Array.from(text, (letter, index) => (index % 2 === 0 ? letter.toUpperCase() : letter)).join("");
  return addresses.flatMap((address) => [address, address.toUpperCase(), mixed(address)]);
}

/** Puts `tag` behind the local part. */
export const tagged = (address: string, tag: string): string => address.replace("@", `${tag}@`);

type Slip = (local: string, at: number) => string;
const SLIPS: readonly Slip[] = [
  (local, at) => local.slice(0, at) + local.slice(at + 1),
  (local, at) => local.slice(0, at) + (local[at] ?? "") + local.slice(at),
  (local, at) => local.slice(0, at) + (local[at + 1] ?? "") + (local[at] ?? "") + local.slice(at + 2),
  (local, at) => `${local.slice(0, at)}x${local.slice(at + 1)}`,
  (local) => `${local}1`,
  (local) => `x${local}`,
  (local) => local.split(".").toReversed().join("."),
];

/**
 * `count` addresses that are one slip of the hand away from an accepted one, the same on every call. None is accepted,
 * also not when everything behind the first `+` or `-` is taken for an extension.
 */
export function nearMisses(accepted: readonly string[], count: number): string[] {
  const right = new Set(accepted);
  const random = createRandom(1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const found = new Set<string>();
  while (found.size < count) {
    const [local = "", domain = ""] = pick(accepted).split("@");
    const wrong = pick(SLIPS)(local, Math.floor(random() * local.length));
    const stem = wrong.split(/[+-]/)[0] ?? "";
    const spoilt = !/^[a-z0-9]([a-z0-9.+-]*[a-z0-9])?$/.test(wrong) || wrong.includes("..");
    if (!spoilt && !right.has(`${wrong}@${domain}`) && !right.has(`${stem}@${domain}`)) found.add(`${wrong}@${domain}`);
  }
  return [...found];
}
