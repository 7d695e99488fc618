/** What is derived from the longest name of an object is a name that Kubernetes takes, and nobody else's. */
import { expect, it } from "vitest";
import * as names from "../../../src/api/names.ts";

const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SHA256 = `sha256:${"0123456789abcdef".repeat(4)}`;
const MOST = 100_000;

const derived = (name: string): string[] => [
  names.manifestName(name),
  names.historyName(name),
  names.leftOutName(name),
  names.planName(name),
  names.changesName(name, MOST),
  names.accountsName(name, MOST),
  names.journalName(name, SHA256, MOST),
  names.tableName(name, 1, 0),
  names.tableName(name, 128, 127),
  names.routingName(name),
];

it.each([
  ["as one word", "a".repeat(63)],
  ["with dots", `${"a".repeat(30)}.${"b".repeat(30)}.9`],
  ["with dashes", `a${"-".repeat(61)}z`],
])("A name of 63 characters, %s", (_, name) => {
  expect(name).toHaveLength(63);
  const all = derived(name);
  // Every kind of name is asked for, also those that are made some day.
  expect(Object.keys(names)).toHaveLength(all.length - 1);
  for (const each of all) {
    expect(each).toMatch(DNS_NAME);
    expect(each.length).toBeLessThanOrEqual(253);
  }
});

it("an object that is called like a ConfigMap of another one has other ConfigMaps", () => {
  const own = derived("mail");
  const all = [...own, ...own.flatMap(derived)];
  expect(new Set(all).size).toBe(all.length);
});
