package dev.kiln;

import java.io.InputStream;
import java.util.Objects;
import org.jolokia.server.core.restrictor.policy.PolicyRestrictor;
import org.jspecify.annotations.Nullable;

/**
 * The policy of {@code jolokia-access.xml}, by which Jolokia judges each request. Made by Jolokia.
 */
public final class JolokiaPolicy extends PolicyRestrictor {
  /** Reads the policy. */
  public JolokiaPolicy() {
    super(policy());
  }

  private static InputStream policy() {
    return Objects.requireNonNull(
        JolokiaPolicy.class.getResourceAsStream("jolokia-access.xml"), "jolokia-access.xml");
  }

  /**
   * Whether a page may ask. Browsers name the page with every POST, so what names none is a program
   * of this computer.
   */
  @Override
  public boolean isOriginAllowed(@Nullable String origin, boolean strict) {
    return origin == null || super.isOriginAllowed(origin, strict);
  }
}
