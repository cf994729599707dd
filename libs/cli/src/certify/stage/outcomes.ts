/** The bot did what a correct one does not; the message says what. */
export class RuleBroken extends Error {}

/** The rule could not be tried; the message says why. */
export class NotShown extends Error {}
