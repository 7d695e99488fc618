/** Before every test file: what random cases are made of, and that a property which does not hold says why. */
import fc from "fast-check";

const { SEED } = process.env;
fc.configureGlobal({ includeErrorInReport: true, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
