package dev.kiln.clay;

import java.util.regex.Pattern;

/** The names of this computer that no other one reaches. */
public final class Loopback {
  private static final Pattern HOST =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]|::1", Pattern.CASE_INSENSITIVE);

  private Loopback() {}

  /**
   * Whether a host is this computer alone.
   *
   * @param host a name or an address, with or without brackets
   */
  public static boolean is(String host) {
    return HOST.matcher(host).matches();
  }
}
