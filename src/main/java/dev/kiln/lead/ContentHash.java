package dev.kiln.lead;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What identifies a content: of a file whatever it is called, of a lead whatever the order of its
 * fields.
 */
public final class ContentHash {
  private static final int BYTES = 18;

  private ContentHash() {}

  /** Reads the whole file once; SHA-256 in lower-case hexadecimal. */
  public static String of(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest sha256 = sha256();
      new DigestInputStream(in, sha256).transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(sha256.digest());
    }
  }

  /** SHA-256 of a text in UTF-8, in lower-case hexadecimal. */
  public static String sha256(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** The fields of a lead; those that are null count for nothing. 24 characters of base64url. */
  public static String of(Map<String, ? extends @Nullable Object> fields) {
    String[] names = fields.keySet().toArray(String[]::new);
    Arrays.sort(names);
    return of(names, fields);
  }

  /** The same, for who has sorted the names already. */
  static String of(String[] names, Map<String, ? extends @Nullable Object> fields) {
    StringBuilder text = new StringBuilder(512);
    for (String name : names) {
      Object value = fields.get(name);
      if (value != null) {
        text.append(name).append('\0').append(value).append('\0');
      }
    }
    return digest(text.toString());
  }

  /** A digest of 144 bits that does not give the text away: 24 characters of base64url. */
  public static String digest(String text) {
    byte[] hash = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, BYTES));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
