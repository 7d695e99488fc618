/** What the API server refuses is told in its own words, with the cure for its kind (issue 17, point 13). */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.ts";
import { asFailure, asObstacle } from "../../../src/publication/obstacle.ts";
import { answerError, connectionError } from "../../../src/runtime/api-error.ts";
import type { Status } from "../../../src/runtime/kube.ts";

const WHAT = "PUT /api/v1/namespaces/mail/configmaps/a";
const answer = (code: number, rest: Partial<Status>) =>
  answerError(
    WHAT,
    code,
    JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, ...rest }),
    undefined,
  );

/** Answers as kube-apiserver 1.32 and 1.37 write them; test/extended/hostile/refusals.test.ts asks for them anew. */
const REFUSALS = [
  {
    of: "a missing role",
    error: answer(403, {
      reason: "Forbidden",
      message:
        'configmaps is forbidden: User "system:serviceaccount:mail:operator" cannot create resource "configmaps" in API group "" in the namespace "mail"',
      details: { kind: "configmaps" },
    }),
    kind: "stalled",
    reason: "Forbidden",
    says: ['cannot create resource "configmaps"', "bind the role that the chart brings"],
  },
  {
    of: "a quota",
    error: answer(403, {
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=5, limited: count/configmaps=5',
      details: { kind: "configmaps", name: "a" },
    }),
    kind: "stalled",
    reason: "QuotaExceeded",
    says: ["exceeded quota: few", "limited: count/configmaps=5", "raise it, or delete"],
  },
  {
    of: "a ValidatingAdmissionPolicy, whose cause has neither field nor reason",
    error: answer(422, {
      reason: "Invalid",
      message: "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'small' with binding 'b' denied request: no",
      details: {
        kind: "configmaps",
        name: "a",
        causes: [{ message: "ValidatingAdmissionPolicy 'small' with binding 'b' denied request: no" }],
      },
    }),
    kind: "stalled",
    reason: "AdmissionDenied",
    says: ["configmaps a: ValidatingAdmissionPolicy 'small' with binding 'b' denied request: no", "correct the policy"],
  },
  {
    of: "a ValidatingAdmissionPolicy with the reason Forbidden",
    error: answer(403, {
      reason: "Forbidden",
      message: "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'small' with binding 'b' denied request: no",
      details: { causes: [{ message: "ValidatingAdmissionPolicy 'small' with binding 'b' denied request: no" }] },
    }),
    kind: "stalled",
    reason: "AdmissionDenied",
    says: ["ValidatingAdmissionPolicy 'small'", "correct the policy"],
  },
  {
    of: "an admission webhook",
    error: answer(400, { message: 'admission webhook "check.example.com" denied the request: no more than 3' }),
    kind: "stalled",
    reason: "AdmissionDenied",
    says: ['admission webhook "check.example.com" denied the request: no more than 3', "exempt the operator"],
  },
  {
    of: "an admission webhook that is down",
    error: answer(500, {
      reason: "InternalError",
      message:
        'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post "https://user:pw@hook.policy.svc:443/check?token=abc": context deadline exceeded',
    }),
    kind: "retry",
    reason: "AdmissionUnavailable",
    says: ['failed calling webhook "check.example.com"', "hook.policy.svc:443", "mend the webhook"],
  },
  {
    of: "an immutable ConfigMap",
    error: answer(422, {
      reason: "Invalid",
      message: 'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set',
      details: {
        kind: "ConfigMap",
        name: "a",
        causes: [
          {
            reason: "FieldValueForbidden",
            field: "data",
            message: "Forbidden: field is immutable when `immutable` is set",
          },
        ],
      },
    }),
    kind: "stalled",
    reason: "ConfigMapImmutable",
    says: ["ConfigMap a: data: Forbidden: field is immutable when `immutable` is set", "delete that ConfigMap"],
  },
  {
    of: "an object that is too large",
    error: answer(422, {
      reason: "Invalid",
      details: {
        kind: "ConfigMap",
        name: "a",
        causes: [{ reason: "FieldValueTooLong", field: "[]", message: "Too long: may not be more than 1048576 bytes" }],
      },
    }),
    kind: "stalled",
    reason: "ObjectTooLarge",
    says: ["may not be more than 1048576 bytes", "spec.output.shards"],
  },
  {
    of: "a request that is too large",
    error: answer(413, {
      reason: "RequestEntityTooLarge",
      message: "Request entity too large: limit is 3145728",
    }),
    kind: "stalled",
    reason: "ObjectTooLarge",
    says: ["limit is 3145728", "spec.output.shards"],
  },
  {
    of: "a namespace that is going",
    error: answer(403, {
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace mail because it is being terminated',
      details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
    }),
    kind: "wait",
    reason: "NamespaceTerminating",
    says: ["the namespace is being deleted; nothing more is written into it"],
  },
  {
    of: "an owner that may not be named",
    error: answer(403, {
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    }),
    kind: "stalled",
    reason: "Forbidden",
    says: ["cannot set blockOwnerDeletion", "bind the role that the chart brings"],
  },
  {
    of: "anything else that is forbidden",
    error: answer(403, { reason: "Forbidden", message: 'configmaps "a" is forbidden: not on a Sunday' }),
    kind: "stalled",
    reason: "Forbidden",
    says: ["not on a Sunday", "whoever runs the cluster can tell which rule that is"],
  },
  {
    of: "a method that the server does not know",
    error: answer(405, { reason: "MethodNotAllowed", message: "the server does not allow this method" }),
    kind: "stalled",
    reason: "RequestRefused",
    says: ["the server does not allow this method", "CRDs and operator are of one version"],
  },
  {
    of: "a field that is wrong",
    error: answer(422, {
      reason: "Invalid",
      details: {
        kind: "O365Sync",
        name: "a",
        causes: [
          {
            reason: "FieldValueInvalid",
            field: "status.held.since",
            message: 'Invalid value: "secret words of somebody": must be a date',
          },
        ],
      },
    }),
    kind: "stalled",
    reason: "RequestRefused",
    says: ["O365Sync a: status.held.since: Invalid value: must be a date"],
  },
] as const;

describe("What the API server refuses", () => {
  it.each(REFUSALS)("for $of is told as $reason, with its words and its cure", ({ error, kind, reason, says }) => {
    const failure = asObstacle(error);
    expect(failure).toMatchObject({ kind, reason });
    for (const words of says) expect(failure?.message).toContain(words);
    expect(failure?.message).not.toMatch(/nothing was saved|user:pw|token=|secret words|\(\)/);
  });

  it.each([
    ["addresses", "denied: jane@example.com and <mailto:joe@example.org> are not wanted", /jane|joe/],
    ["what may be a token", "denied: eyJhbGciOiJSUzI1NiIsImtpZCI6Inh4eCJ9abcdefgh.x", /eyJ/],
    ["line breaks and marks that turn text around", "denied:\n\u202eno\u0000", /[\p{Cc}\p{Cf}]/u],
    ["more than is read", `denied: ${"no ".repeat(5000)}`, /.{600}/],
  ])("is told without %s", (_what, words, never) => {
    const error = answer(400, { message: `admission webhook "a.b" ${words}`.replace("denied", "denied the request") });
    const message = asObstacle(error)?.message ?? "";
    expect(message).toContain("denied the request");
    expect(message).not.toMatch(never);
  });
});

describe("What is no refusal", () => {
  it.each([
    ["a conflict", answer(409, { reason: "Conflict", message: "the object has been modified" }), "Conflict"],
    ["something that exists already", answer(409, { reason: "AlreadyExists" }), "Conflict"],
    ["trouble of its own", answer(500, { reason: "InternalError", message: "etcd is gone" }), "KubernetesAPI"],
    ["too much at once", answer(429, { reason: "TooManyRequests" }), "KubernetesAPI"],
    ["credentials that are not taken", answer(401, { reason: "Unauthorized" }), "KubernetesAPI"],
    ["no answer", connectionError(WHAT, new DOMException("", "TimeoutError")), "KubernetesAPI"],
  ])("is no obstacle, and is tried again: %s", (_what, error, reason) => {
    expect(asObstacle(error)).toBeUndefined();
    expect(asFailure(error)).toMatchObject({ kind: "retry", reason });
  });

  it("stays what it is where it is no answer of the API server", () => {
    const failure = new Failure("stalled", "Any", "thing");
    expect(asObstacle(failure)).toBe(failure);
    expect(asFailure(new TypeError("x is not a function"))).toBeUndefined();
  });
});
