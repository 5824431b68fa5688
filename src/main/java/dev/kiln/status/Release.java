package dev.kiln.status;

/** Which Kiln this is. */
public final class Release {
  private Release() {}

  /** The version in the jar's manifest; {@code (unpackaged)} where there is no jar. */
  public static String version() {
    String version = Release.class.getPackage().getImplementationVersion();
    return version == null ? "(unpackaged)" : version;
  }
}
