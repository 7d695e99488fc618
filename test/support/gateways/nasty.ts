/** The addresses that gateways get wrong: every printable character in every place, the longest, routes of old, and strangers. */

/** Local parts that Postfix reads as a route to another address, quoted or not, whatever is set: no list has them. */
export const SOURCE_ROUTES: readonly string[] = ["@a:b", "@a,@b:c", "@:b", "@a:", "@:", "@evil.test:nobody"];

/** As it stands between `<` and `>`: quoted where RFC 5321 wants it so. */
export function inSmtp(address: string): string {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  if (new RegExp(`^${atom}(\\.${atom})*$`).test(local)) return address;
  return `"${local.replace(/[\\"]/g, "\\$&")}"${address.slice(at)}`;
}

/** All that an address of the list can have in its local part. */
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).filter(
  (character) => !/[A-Z"]/.test(character),
);

const ODD = [
  "50%off",
  "sales!eu",
  "-dash",
  "a..b",
  ".a",
  "a.",
  "x.y",
  "p+q",
  "p+",
  "+",
  "a@b",
  "a%b!c@d",
  // Nearly routes of old (RFC 5321, appendix C).
  "@a,@b",
  ":a@b",
  "a:b@c",
  "!#$%&'*+-/=?^_`{|}~",
  "o'neil",
  "a--b",
  "--",
  "owner-x",
  "x-request",
  "mailer-daemon",
  "double-bounce",
  "x".repeat(64),
  "%".repeat(64),
];

/** Local parts, lower-case. A comma or semicolon before an address parts it from another one, where a directory has several in one value. */
export const NASTY: readonly string[] = [
  ...new Set(
    PRINTABLE.flatMap((character) => [character, `${character}x`, `x${character}y`, `z${character}`]).concat(ODD),
  ),
].filter((local) => !/^[,;]./.test(local));

/** Ways of old to say "pass it on to evil.test", to a gateway that relays for `domain`. Refused, whatever is listed. */
export const relayAttempts = (domain: string): readonly string[] => [
  "x@evil.test",
  "<x@evil.test>",
  `x@sub.${domain}`,
  `postmaster@sub.${domain}`,
  `x@x${domain}`,
  `x@${domain}.evil.test`,
  `@${domain}:x@evil.test`,
  `@${domain},@mx.example.com:x@evil.test`,
  "x@evil.test@[127.0.0.1]",
  '"x@evil.test"@[127.0.0.1]',
  "x@evil.test@mx.example.com",
  '"x@evil.test"@mx.example.com',
  "x%evil.test@mx.example.com",
  "evil.test!x@mx.example.com",
  "x@[192.0.2.1]",
  "x@[IPv6:2001:db8::1]",
  `x@${domain}@evil.test`,
  `"x@${domain}"@evil.test`,
  "x@@evil.test",
  "x@evil.test.",
  "x@127.0.0.1",
  "X@EVIL.TEST",
  "x@b\u00fccher.test",
  "x@xn--bcher-kva.test",
  `x@evil.test.${domain}.`,
  `${"x".repeat(900)}@evil.test`,
  "x\0@evil.test",
  "x@evil.test\0",
  `postmaster@${domain}\0@evil.test`,
  `postmaster@${domain},x@evil.test`,
  `postmaster@${domain} x@evil.test`,
  `"postmaster@${domain}\\"@evil.test`,
  `"postmaster@${domain}"x@evil.test`,
  `x@evil.test (postmaster@${domain})`,
];

/** Routes hidden in the local part of an address at `domain`: unknown recipients like any other. */
export const routedLocals = (domain: string): readonly string[] => [
  `nobody%evil.test@${domain}`,
  `evil.test!x@${domain}`,
  `x@evil.test@${domain}`,
  `"x@evil.test"@${domain}`,
  `"x%evil.test"@${domain}`,
  `evil.test!50%off@${domain}`,
  `50%off%evil.test@${domain}`,
  `@evil.test:nobody@${domain}`,
];

/** Recipients of the machine itself, which has none: unknown like those, and nothing to be passed on. */
export const OWN_LITERALS: readonly string[] = ["x@[127.0.0.1]", "x%evil.test@[127.0.0.1]", "evil.test!x@[127.0.0.1]"];
