/** Every difference between the embedded API server and the real ones that is meant, with its reason. */
import type { Known } from "./compare.ts";

const PARSER = "the words of another JSON parser";
const GO = "names Go's types and conversions";
const OLDER = "an older API server's words; the embedded one speaks as the newest";

export const KNOWN: readonly Known[] = [
  { where: /^(malformed JSON|a body that is no object|an empty body) .*body\.message$/, why: PARSER },
  { where: /^another kind than the path says › 0 .*body\.message$/, why: GO },
  {
    where: /^another kind than the path says › 3 .*warning$/,
    why: "the real one warns of fields unknown to the version that it then refuses",
  },
  { where: /^values of the wrong type › [0-3] .*body\.message$/, why: GO },
  {
    where: /^a resource version that is none, or not yet › 1 .*body\.message$/,
    why: "the real one answers an error of its own making with a 500",
  },
  {
    where: /^a resource version that is none, or not yet › 1 .*(status|body\.code|body\.reason)$/,
    why: "the real one answers an error of its own making with a 500",
  },
  { where: /^a resource version that is none, or not yet › 2 .*body\.message$/, why: PARSER },
  {
    where: /^a ConfigMap is replaced, with and without its version › 6 .*body\.message$/,
    why: "the real one names the key in its storage",
  },
  {
    where: /^Leases and their times › 1 .*(body\.message|causes\.0\.message)$/,
    why: "the words of Go's parser of times",
  },
  { where: /^finalizers hold an object › 3 .*causes\.1$/, why: "the real one names the same cause twice" },
  {
    where: /^events, in both of their forms › 5 .*f:series\.\.$/,
    why: "Go's pointers to structs have an owner, which its schema does not tell",
  },
  {
    where: /^events that are not complete › 0 .*(causes\.[12]|body\.message)$/,
    why: "the real one says of an empty name also that it is no name",
  },
  { where: /^events that are not complete › 8 .*body\.message$/, why: "the words of Go's parser of times" },
  { where: /^the kinds of our group › 1 .*storageVersionHash$/, why: "nothing asks for it" },

  { minor: "1.32", where: /^a resource version that is none, or not yet › 0 /, why: OLDER },
  {
    minor: "1.32",
    where:
      /^(a name is taken once, made up when asked for, and required › 5|values of the wrong type › 4|a patch to something invalid › 2) /,
    why: OLDER,
  },
  { minor: "1.32", where: /^bad names, labels, keys and owners › [56] /, why: OLDER },
  { minor: "1.32", where: /^a custom resource is replaced with its version only › 1 /, why: OLDER },
  {
    minor: "1.32",
    where: /^status and spec are written apart › [2-5] .*managedFields/,
    why: "the older one names who tried to write metadata through the status",
  },
  { minor: "1.32", where: /^patches in every language › 9 .*body\.message$/, why: OLDER },
  { minor: "1.32", where: /^kubectl › 3 apply/, why: OLDER },
  { minor: "1.32", where: /initial-events-list-blueprint$/, why: "an annotation of the older one's encoder" },
];
