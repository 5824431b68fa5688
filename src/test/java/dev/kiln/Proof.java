package dev.kiln;

/**
 * How long a proof is: short within {@code ./mvnw verify} (30 s at most), at full length with the
 * profile {@code long}.
 */
public final class Proof {
  /** Whether proofs run at full length. */
  public static final boolean LONG = Boolean.getBoolean("kiln.proof.long");

  private Proof() {}

  /** The one number or the other. */
  public static int of(int inShort, int inLong) {
    return LONG ? inLong : inShort;
  }
}
