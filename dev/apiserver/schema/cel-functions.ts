/** The functions that CEL rules may call here: those of our CRDs. Any other is refused when the CRD is installed. */
import { isIP } from "node:net";
import { CelScalar, celEnv, celFunc, parse } from "@bufbuild/cel";

const FUNCTIONS: readonly string[] = ["getHours", "isIP", "matches", "size", "timestamp"];

/** `_&&_`, `!_`, `@in` and the like. */
const OPERATOR = /[_!@]/;

/** Kubernetes' isIP takes no zone and no IPv4 address in IPv6 form. */
function isStrictIP(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%") && !/^::ffff:[\d.]+$/i.test(text);
}

export const celEnvironment = celEnv({
  funcs: [celFunc("isIP", [CelScalar.STRING], CelScalar.BOOL, isStrictIP)],
});

export interface ParsedRule {
  readonly expression: ReturnType<typeof parse>;
  /** Whether it looks at the value before. */
  readonly isTransition: boolean;
}

/** Throws an Error that names the rule when it does not parse or calls a function that is not here. */
export function parseRule(rule: string): ParsedRule {
  const expression = parse(rule);
  const { functions, variables } = namesIn(expression.expr);
  const unknown = [...functions].filter((name) => !FUNCTIONS.includes(name) && !OPERATOR.test(name));
  if (unknown.length > 0) throw new Error(`CEL function ${unknown.join(", ")} of the rule ${JSON.stringify(rule)}`);
  return { expression, isTransition: variables.has("oldSelf") };
}

function namesIn(root: unknown): { functions: Set<string>; variables: Set<string> } {
  const names = { functions: new Set<string>(), variables: new Set<string>() };
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { case: kind, value } = node as { case?: string; value?: { function?: string; name?: string } };
    if (kind === "callExpr" && value?.function !== undefined) names.functions.add(value.function);
    if (kind === "identExpr" && value?.name !== undefined) names.variables.add(value.name);
    Object.values(node).forEach(walk);
  };
  walk(root);
  return names;
}
