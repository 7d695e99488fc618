/** Certificates in PEM as people have them: the one that the key belongs to is found, whatever stands around it (issue 18, point 4). */
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endOf } from "../../../../src/directory/entra/credentials.ts";
import { choosePair } from "../../../../src/directory/entra/pem.ts";
import { makePemFiles, openssl, PEM_SHAPES } from "../../../support/pem-shapes.ts";

describe.skipIf(openssl === undefined)("Of PEM", () => {
  const files = makePemFiles();

  it.each(PEM_SHAPES)("the pair is found: $what ($source)", ({ certificate, key, chosen }) => {
    const found = choosePair({ certificate: certificate(files), privateKey: key(files) });
    expect(found.kind === "pair" ? found.chain.map(({ subject }) => subject).join(" < ") : found.kind).toBe(chosen);
  });

  it("the newest certificate of the key is taken, and its end is the one that is shown", () => {
    const certificate = files["ca.crt"] + files["app.crt"] + files["later.crt"];
    const credential = { kind: "certificate", clientId: "app", certificate, privateKey: files["app.key"] } as const;
    expect(endOf(credential)).toBe(Date.parse(new X509Certificate(files["later.crt"]).validTo));
  });
});
