/** The version of this project, as in package.json. */
export const RELEASE = "0.1.0";
