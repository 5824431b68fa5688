package dev.kiln;

/** What came over HTTP and is not kept, since it is too large or broken. The message says why. */
final class RefusedBody extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * A refused body.
   *
   * @param status the status of the answer: 400 or 413
   * @param message why, for a person
   */
  RefusedBody(int status, String message) {
    super(message);
    this.status = status;
  }

  static RefusedBody tooLarge(long largest) {
    return new RefusedBody(
        413,
        "the body is larger than the "
            + largest
            + " bytes of kiln.http.largest-upload: send it in parts, or as a file into the inbox");
  }

  int status() {
    return status;
  }
}
