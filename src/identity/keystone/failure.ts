/** Keystone did not do what it was asked; never a word on whether a token is valid. Holds no secret. */
export class KeystoneFailure extends Error {
  /** Whether the next attempt may well succeed. */
  readonly isPassing: boolean;

  constructor(message: string, { isPassing, cause }: { isPassing: boolean; cause?: unknown }) {
    super(message, { cause });
    this.name = 'KeystoneFailure';
    this.isPassing = isPassing;
  }
}
