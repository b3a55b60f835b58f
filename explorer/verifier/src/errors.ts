/** Every way in which the verifier refuses something, by the names of `docs/format.md`. */
export type ErrorCode =
  // Evidence.
  | 'TooLarge' | 'Malformed' | 'WrongValidators' | 'WrongChain' | 'HeightOrder' | 'WrongBlock'
  | 'Log' | 'Leaf' | 'Misplaced' | 'State'
  // Certificates.
  | 'TooMany' | 'UnknownValidator' | 'Repeated' | 'BadSignature' | 'NoQuorum'
  // Merkle proofs of the log.
  | 'IndexOutsideTree' | 'SizesReversed' | 'TooLong' | 'TooShort' | 'RootDiffers'
  // State proofs.
  | 'NotAbsence' | 'NotPresence' | 'Neighbours' | 'DifferentBuckets' | 'Splits' | 'Siblings' | 'EmptySibling'
  | 'Root' | 'Path'
  // Keys.
  | 'NotAPoint' | 'NotCanonical' | 'Torsion'
  // Checkpoints.
  | 'OtherLog' | 'LogSignatureMissing' | 'TooFew' | 'Invalid' | 'CosignerRepeated'
  // Tiles: a source did not have a tile, or a tile disagrees with the head.
  | 'TileMissing';

/** A refusal: `code` is stable and meant for programs, `message` is for people. */
export class VerifyError extends Error {
  /** Stable name of the refusal. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'VerifyError';
    this.code = code;
  }
}

/** The refusal for bytes or JSON that are not the one right form of a value. */
export function malformed(message: string): VerifyError {
  return new VerifyError('Malformed', message);
}

/** Runs `action`; a refusal inside becomes `code`, with the first refusal as its cause. */
export function refuseAs<T>(code: ErrorCode, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof VerifyError) {
      throw new VerifyError(code, cause.message, { cause });
    }
    throw cause;
  }
}
