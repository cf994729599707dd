/** The play does not go as it should; the message is for the person who watches. */
export class DemoFailure extends Error {}

/** The play is broken off from outside: Ctrl-C, a signal, or nobody reading the output any more. */
export class Interruption extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}
