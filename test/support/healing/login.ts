/** With what an operator of a row logs in at the mail server. */
export const LOGIN = { user: "operator", password: "secret-1" };
