/** Of a call whose caller hung up before its turn: nothing is done, and nobody is answered. */
export class CallerGone extends Error {}
